using System.Text.Json;
using System.Text.Json.Serialization;

namespace MeshLib.Consul;

/// <summary>
/// A text, or <see langword="null"/> where something else stands: one odd member must not cost the whole list. What is passed over is passed over by
/// <see cref="Utf8JsonReader.TrySkip"/> in all these converters: the serializer has buffered the whole value, but <see cref="Utf8JsonReader.Skip"/>
/// refuses to work before the end of the stream.
/// </summary>
internal sealed class LenientText : JsonConverter<string?>
{
    public override bool HandleNull => true;

    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return reader.GetString();
        }

        reader.TrySkip();
        return null;
    }

    public override void Write(Utf8JsonWriter writer, string? value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}
