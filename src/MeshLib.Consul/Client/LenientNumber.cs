using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MeshLib.Consul;

/// <summary>
/// A whole number, also written as text; <see langword="null"/> where something else stands. What does not fit becomes the nearest that does, so
/// that a weight of 10^12 is large and not an error.
/// </summary>
internal sealed class LenientNumber : JsonConverter<int?>
{
    public override bool HandleNull => true;

    public override int? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Number:
                return reader.TryGetDouble(out var number) ? Nearest(number) : null;
            case JsonTokenType.String:
                return Parse(reader.GetString());
            default:
                reader.TrySkip();
                return null;
        }
    }

    public static int? Parse(string? text) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? Nearest(number) : null;

    public override void Write(Utf8JsonWriter writer, int? value, JsonSerializerOptions options)
    {
        if (value is { } number)
        {
            writer.WriteNumberValue(number);
        }
        else
        {
            writer.WriteNullValue();
        }
    }

    // Casts from double saturate (ECMA-335 leaves it open, .NET 9 and later define it); 8080.5 is no port and no weight.
    private static int? Nearest(double number) => Math.Floor(number) == number ? (int)number : null;
}
