using System.Text.Json;
using System.Text.Json.Serialization;

namespace MeshLib.Consul;

/// <summary>
/// Metadata: a map of texts. Members that hold something else are left out, and so are those that nobody asks for (<see cref="MetaKey"/>), which in a large answer are most; anything but a map is an empty one.
/// </summary>
internal sealed class LenientMap : JsonConverter<IReadOnlyDictionary<string, string>?>
{
    public override bool HandleNull => true;

    public override IReadOnlyDictionary<string, string>? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.TrySkip();
            return null;
        }

        Dictionary<string, string>? map = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = KnownName(ref reader);
            reader.Read();
            if (name is not null && reader.TokenType == JsonTokenType.String)
            {
                map ??= new(StringComparer.Ordinal);
                map[name] = reader.GetString()!;
            }
            else
            {
                reader.TrySkip();
            }
        }

        return map;
    }

    private static string? KnownName(ref Utf8JsonReader reader)
    {
        foreach (var name in MetaKey.All)
        {
            if (reader.ValueTextEquals(name))
            {
                return name;
            }
        }

        return JsonName.StartsWith(ref reader, MetaKey.PortPrefixUtf8) ? reader.GetString() : null;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyDictionary<string, string>? value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var (name, text) in value ?? new Dictionary<string, string>())
        {
            writer.WriteString(name, text);
        }

        writer.WriteEndObject();
    }
}
