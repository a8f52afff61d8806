using System.Text.Json;
using System.Text.Json.Serialization;

namespace MeshLib.Consul;

/// <summary>
/// Reads the checks of a row as what they say together, the worst of all. No check at all is passing, and so is a check that is null; a status that is not known is critical. A large answer has more checks
/// than anything else, and none of them is made an object.
/// </summary>
internal sealed class WorstCheck : JsonConverter<InstanceStatus>
{
    private const string NodeMaintenance = "_node_maintenance";
    private const string ServiceMaintenance = "_service_maintenance:";

    public override bool HandleNull => true;

    public override InstanceStatus Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType is JsonTokenType.Null)
        {
            return InstanceStatus.Passing;
        }

        RequireStart(ref reader, JsonTokenType.StartArray);
        var worst = InstanceStatus.Passing;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Null && ReadCheck(ref reader) is var status && status > worst)
            {
                worst = status;
            }
        }

        return worst;
    }

    public override void Write(Utf8JsonWriter writer, InstanceStatus value, JsonSerializerOptions options) => throw new NotSupportedException("What the checks say together cannot be taken apart again.");

    private static InstanceStatus ReadCheck(ref Utf8JsonReader reader)
    {
        RequireStart(ref reader, JsonTokenType.StartObject);
        var (status, maintenance) = (InstanceStatus.Critical, false);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isId, isStatus) = (JsonName.Is(ref reader, "CheckID"u8), JsonName.Is(ref reader, "Status"u8));
            reader.Read();
            if (isId && reader.TokenType == JsonTokenType.String)
            {
                maintenance = IsMaintenance(ref reader);
            }
            else if (isStatus && reader.TokenType == JsonTokenType.String)
            {
                status = reader.ValueTextEquals(CheckStatus.Passing) ? InstanceStatus.Passing : reader.ValueTextEquals(CheckStatus.Warning) ? InstanceStatus.Warning : InstanceStatus.Critical;
            }
            else
            {
                reader.TrySkip();
            }
        }

        return maintenance ? InstanceStatus.Maintenance : status;
    }

    // Few identifiers begin like that, so hardly any is made a text.
    private static bool IsMaintenance(ref Utf8JsonReader reader) =>
        reader is { HasValueSequence: false, ValueIsEscaped: false, ValueSpan: not [(byte)'_', ..] }
            ? false
            : reader.GetString() is { } id && (id == NodeMaintenance || id.StartsWith(ServiceMaintenance, StringComparison.Ordinal));

    private static void RequireStart(ref Utf8JsonReader reader, JsonTokenType start)
    {
        if (reader.TokenType != start)
        {
            throw new JsonException("The checks of a row are no list of checks.");
        }
    }
}
