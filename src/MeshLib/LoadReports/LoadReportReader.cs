using System.Buffers.Binary;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace MeshLib;

/// <summary>
/// Reads the load report that a response bears, in any of ORCA's forms: <c>endpoint-load-metrics: TEXT cpu_utilization=0.3, rps_fractional=10</c>, <c>JSON {…}</c> or <c>BIN</c> and base64;
/// gRPC's is <c>endpoint-load-metrics-bin</c>. What comes from a wire is not to be trusted: a report that is too long or broken, or that has a figure which is none, is no report.
/// </summary>
internal static class LoadReportReader
{
    private const int Longest = 4096;

    /// <summary>The report in the headers of a response, or in the trailers of gRPC's; <see langword="null"/> when there is none that can be used.</summary>
    public static LoadReport? Read(HttpResponseHeaders headers)
    {
        var values = headers.NonValidated;
        if (values.TryGetValues(MeshHeaders.LoadReport, out var texts) && Parse(texts.ToString()) is { } report)
        {
            return report;
        }

        return values.TryGetValues(MeshHeaders.BinaryLoadReport, out var encoded) ? Usable(ParseBinary(encoded.ToString())) : null;
    }

    /// <summary>The report in the text of <c>endpoint-load-metrics</c>.</summary>
    public static LoadReport? Parse(string text)
    {
        if (text.Length > Longest || text.IndexOf(' ', StringComparison.Ordinal) is not (> 0 and var end))
        {
            return null;
        }

        var body = text[(end + 1)..].Trim();
        return Usable(text[..end] switch
        {
            "TEXT" => ParseText(body),
            "JSON" => ParseJson(body),
            "BIN" => ParseBinary(body),
            _ => null,
        });
    }

    private static LoadReport? Usable(LoadReport? report) => report is { IsUsable: true } ? report : null;

    private static LoadReport? ParseText(ReadOnlySpan<char> text)
    {
        var report = new LoadReport();
        foreach (var range in text.Split(','))
        {
            var pair = text[range];
            var equals = pair.IndexOf('=');
            if (equals < 0)
            {
                return null;
            }

            if (FieldOf(pair[..equals].Trim()) is not Field.Other and var field)
            {
                if (!double.TryParse(pair[(equals + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || !TrySet(ref report, field, value))
                {
                    return null;
                }
            }
        }

        return report;
    }

    private static LoadReport? ParseJson(string text)
    {
        var report = new LoadReport();
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                // An escaped name is none of ours, and unescaping may throw.
                var field = reader.ValueIsEscaped ? Field.Other : FieldOf(reader.GetString());
                reader.Read();
                if (field == Field.Other)
                {
                    reader.Skip();
                }
                else if (reader.TokenType != JsonTokenType.Number || !reader.TryGetDouble(out var value) || !TrySet(ref report, field, value))
                {
                    return null;
                }
            }

            return reader.TokenType == JsonTokenType.EndObject && !reader.Read() ? report : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The doubles of a protobuf message <c>xds.data.orca.v3.OrcaLoadReport</c> in base64, with padding or without, as gRPC allows.</summary>
    private static LoadReport? ParseBinary(string text)
    {
        Span<byte> buffer = stackalloc byte[Longest];
        if (text.Length > Longest || !Convert.TryFromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='), buffer, out var length))
        {
            return null;
        }

        var report = new LoadReport();
        ReadOnlySpan<byte> rest = buffer[..length];
        while (!rest.IsEmpty)
        {
            if (!TryReadVarint(ref rest, out var tag))
            {
                return null;
            }

            var skip = 0UL;
            switch (tag & 7)
            {
                case 0 when TryReadVarint(ref rest, out _):
                    break;
                case 1 when rest.Length >= sizeof(double):
                    var field = (Field)(tag >> 3);
                    if (Enum.IsDefined(field) && !TrySet(ref report, field, BinaryPrimitives.ReadDoubleLittleEndian(rest)))
                    {
                        return null;
                    }

                    skip = sizeof(double);
                    break;
                case 2 when TryReadVarint(ref rest, out skip):
                    break;
                case 5:
                    skip = sizeof(float);
                    break;
                default:
                    return null;
            }

            if (skip > (ulong)rest.Length)
            {
                return null;
            }

            rest = rest[(int)skip..];
        }

        return report;
    }

    private static bool TryReadVarint(ref ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        for (var i = 0; i < Math.Min(bytes.Length, 10); i++)
        {
            value |= (ulong)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] < 0x80)
            {
                bytes = bytes[(i + 1)..];
                return true;
            }
        }

        return false;
    }

    // JSON's names of a protobuf message are those of the message or the same in camel case.
    private static Field FieldOf(ReadOnlySpan<char> name) => name switch
    {
        "cpu_utilization" or "cpuUtilization" => Field.CpuUtilization,
        "rps_fractional" or "rpsFractional" => Field.RequestsPerSecond,
        "eps" => Field.ErrorsPerSecond,
        "application_utilization" or "applicationUtilization" => Field.ApplicationUtilization,
        _ => Field.Other,
    };

    private static bool TrySet(ref LoadReport report, Field field, double value)
    {
        if (!double.IsFinite(value) || value < 0)
        {
            return false;
        }

        report = field switch
        {
            Field.CpuUtilization => report with { CpuUtilization = value },
            Field.RequestsPerSecond => report with { RequestsPerSecond = value },
            Field.ErrorsPerSecond => report with { ErrorsPerSecond = value },
            Field.ApplicationUtilization => report with { ApplicationUtilization = value },
            _ => report,
        };
        return true;
    }

    /// <summary>The figures that are read, by their numbers in the message.</summary>
    private enum Field
    {
        Other = 0,
        CpuUtilization = 1,
        RequestsPerSecond = 6,
        ErrorsPerSecond = 7,
        ApplicationUtilization = 9,
    }
}
