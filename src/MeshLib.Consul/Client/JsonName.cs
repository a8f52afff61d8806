using System.Text;
using System.Text.Json;

namespace MeshLib.Consul;

/// <summary>Names of members in converters, in any case as everywhere else, and without making texts of them.</summary>
internal static class JsonName
{
    /// <summary>Whether the name that <paramref name="reader"/> is at is <paramref name="name"/>.</summary>
    public static bool Is(ref Utf8JsonReader reader, ReadOnlySpan<byte> name) =>
        reader.HasValueSequence || reader.ValueIsEscaped
            ? string.Equals(reader.GetString(), Encoding.UTF8.GetString(name), StringComparison.OrdinalIgnoreCase)
            : Ascii.EqualsIgnoreCase(reader.ValueSpan, name);

    /// <summary>Whether it begins with <paramref name="prefix"/>.</summary>
    public static bool StartsWith(ref Utf8JsonReader reader, ReadOnlySpan<byte> prefix) =>
        reader.HasValueSequence || reader.ValueIsEscaped
            ? reader.GetString()!.StartsWith(Encoding.UTF8.GetString(prefix), StringComparison.OrdinalIgnoreCase)
            : reader.ValueSpan.Length >= prefix.Length && Ascii.EqualsIgnoreCase(reader.ValueSpan[..prefix.Length], prefix);
}
