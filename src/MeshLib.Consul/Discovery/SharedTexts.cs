namespace MeshLib.Consul;

/// <summary>Of equal texts in one answer the first: ten thousand instances are in three zones and of two versions.</summary>
internal sealed class SharedTexts
{
    private readonly HashSet<string> _texts = new(StringComparer.Ordinal);

    public string? Share(string? text)
    {
        if (text is null)
        {
            return null;
        }

        if (_texts.TryGetValue(text, out var first))
        {
            return first;
        }

        _texts.Add(text);
        return text;
    }
}
