using Microsoft.Extensions.Configuration;

namespace MeshLib;

/// <summary>What one source of configuration says about the mesh: a copy, so that it can be kept when the source can no longer be heard.</summary>
internal sealed class SourceText : ConfigurationProvider
{
    public bool IsEmpty => Data.Count == 0;

    public static SourceText Of(IConfigurationProvider source)
    {
        var text = new SourceText();
        text.Copy(source, MeshSection.Name);
        text.Copy(source, ForcedMode.Variable);
        return text;
    }

    /// <summary>The modes alone. Instead of one that means nothing stands what <paramref name="inForce"/> has in its place, if it has anything there.</summary>
    public SourceText Modes(IConfiguration inForce)
    {
        var modes = new SourceText();
        foreach (var (path, text) in Data.Where(static entry => IsMode(entry.Key)))
        {
            if (string.IsNullOrEmpty(text) || PolicyTable.Mode.TryParse([text], new()))
            {
                modes.Data[path] = text;
            }
            else if (inForce[path] is { } last)
            {
                modes.Data[path] = last;
            }
        }

        return modes;
    }

    /// <summary>Everything but the modes.</summary>
    public SourceText WithoutModes() => new() { Data = Data.Where(static entry => !IsMode(entry.Key)).ToDictionary(StringComparer.OrdinalIgnoreCase) };

    private static bool IsMode(string path) => path.ToUpperInvariant().Split(ConfigurationPath.KeyDelimiter)
        is [ForcedMode.Variable] or ["MESH", "MODE"] or ["MESH", "DEFAULTS", "MODE"] or ["MESH", "SERVICES", _, "MODE"];

    private void Copy(IConfigurationProvider source, string path)
    {
        if (source.TryGet(path, out var value))
        {
            Data[path] = value;
        }

        foreach (var key in source.GetChildKeys([], path).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            Copy(source, ConfigurationPath.Combine(path, key));
        }
    }
}
