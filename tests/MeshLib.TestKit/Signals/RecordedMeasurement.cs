namespace MeshLib.TestKit;

/// <summary>One value that an instrument took, with its tags.</summary>
public sealed record RecordedMeasurement(string Instrument, double Value, IReadOnlyDictionary<string, object?> Tags)
{
    /// <summary>Whether all of <paramref name="tags"/> are among this measurement's tags; values are compared as text where their types differ.</summary>
    public bool Has(params (string Key, object? Value)[] tags)
    {
        ArgumentNullException.ThrowIfNull(tags);
        return tags.All(tag => Tags.TryGetValue(tag.Key, out var value) && (Equals(value, tag.Value) || value?.ToString() == tag.Value?.ToString()));
    }
}
