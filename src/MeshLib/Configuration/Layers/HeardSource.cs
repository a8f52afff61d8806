using Microsoft.Extensions.Configuration;

namespace MeshLib;

/// <summary>A source of configuration and what it said when it could last be heard.</summary>
internal sealed class HeardSource(IConfigurationProvider provider)
{
    public IConfigurationProvider Provider => provider;

    public SourceText Text { get; private set; } = new();

    /// <summary>Why it could not be heard the last time; otherwise <see langword="null"/>.</summary>
    public string? Fault { get; private set; }

    /// <summary>Whether it has fallen silent, or can be heard again, since. A file whose text is malformed does so without raising its reload token.</summary>
    public bool IsSilenceNew => (Try(() => _ = provider.GetChildKeys([], MeshSection.Name).Any()) is null) != (Fault is null);

    public void Hear() => Fault = Try(() => Text = SourceText.Of(provider));

    private string? Try(Action hear)
    {
        try
        {
            if (!Text.IsEmpty && IsUnreadFile())
            {
                return $"{provider} held values of {MeshSection.Name} and holds nothing any more: unreadable, half written or empty. What it said last stays in force.";
            }

            hear();
            return null;
        }
#pragma warning disable CA1031 // Providers are foreign code: whatever they throw means that they cannot be read now.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return $"{provider} cannot be read: {exception.Message}";
        }
    }

    // The provider of a file empties itself when it cannot read the text. Where the file may be absent, and is, that is what is meant.
    private bool IsUnreadFile() =>
        provider is FileConfigurationProvider { Source: var file }
        && !provider.GetChildKeys([], null).Any()
        && !(file.Optional && file.FileProvider?.GetFileInfo(file.Path ?? "").Exists is not true);
}
