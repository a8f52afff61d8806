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
    public bool IsSilenceNew => (Listen().Fault is null) != (Fault is null);

    public void Hear() => (Text, Fault) = Listen();

    private (SourceText Text, string? Fault) Listen()
    {
        try
        {
            // In this order: a file that falls silent in between is seen.
            var said = SourceText.Of(provider);
            return said.IsEmpty && !Text.IsEmpty && IsUnreadFile()
                ? (Text, $"{provider} held values of {MeshSection.Name} and holds nothing any more: unreadable, half written or empty. What it said last stays in force.")
                : (said, null);
        }
#pragma warning disable CA1031 // Providers are foreign code: whatever they throw means that they cannot be read now.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return (Text, $"{provider} cannot be read: {exception.Message}");
        }
    }

    // The provider of a file empties itself when it cannot read the text, and looks the same when the text says nothing: only a reading of its own tells. Where the file may be
    // absent, and is, that is what is meant.
    private bool IsUnreadFile()
    {
        if (provider is not FileConfigurationProvider { Source: var file } || provider.GetChildKeys([], null).Any())
        {
            return false;
        }

        var reading = file.Build(new ConfigurationBuilder());
        try
        {
            reading.Load();
            return false;
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException or FormatException)
        {
            return true;
        }
        finally
        {
            (reading as IDisposable)?.Dispose();
        }
    }
}
