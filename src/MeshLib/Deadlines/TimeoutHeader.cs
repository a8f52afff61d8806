using System.Globalization;

namespace MeshLib;

/// <summary>
/// A remaining duration on the wire. <c>mesh-timeout</c> and <c>grpc-timeout</c> share gRPC's syntax (gRPC over HTTP/2, "Timeout"): one to eight digits and a
/// unit. Reading is strict, because a deadline misread is worse than none. Writing rounds down, because the receiver must never have longer than the sender waits.
/// </summary>
internal static class TimeoutHeader
{
    private const int MaxDigits = 8;
    private const long TooManyDigits = 100_000_000;

    // Eighteen digits always fit a long; no honest duration is longer.
    private const int MaxMillisecondDigits = 18;

    /// <summary>The longest duration that a header means: what gRPC's peers hold, 2^63 - 1 nanoseconds (292 years). Longer ones are cut to it.</summary>
    public static readonly TimeSpan Max = TimeSpan.FromTicks(long.MaxValue / TimeSpan.NanosecondsPerTick);

    /// <summary>Reads <c>250m</c>; false for anything but one well-formed value. Parts of a tick (100 ns) are dropped.</summary>
    public static bool TryParse(ReadOnlySpan<char> value, out TimeSpan timeout)
    {
        timeout = default;
        if (value.Length < 2 || !TryParseDigits(value[..^1], MaxDigits, out var count))
        {
            return false;
        }

        // Eight digits of hours in ticks stay below 2^63.
        long? ticks = value[^1] switch
        {
            'H' => count * TimeSpan.TicksPerHour,
            'M' => count * TimeSpan.TicksPerMinute,
            'S' => count * TimeSpan.TicksPerSecond,
            'm' => count * TimeSpan.TicksPerMillisecond,
            'u' => count * TimeSpan.TicksPerMicrosecond,
            'n' => count / TimeSpan.NanosecondsPerTick,
            _ => null,
        };
        timeout = Capped(ticks.GetValueOrDefault());
        return ticks is not null;
    }

    /// <summary>
    /// Reads Envoy's <c>x-envoy-expected-rq-timeout-ms</c>: plain milliseconds. Zero is not read: to Envoy it means no timeout, and it never sends it.
    /// </summary>
    public static bool TryParseMilliseconds(ReadOnlySpan<char> value, out TimeSpan timeout)
    {
        timeout = default;
        if (!TryParseDigits(value, MaxMillisecondDigits, out var count) || count == 0)
        {
            return false;
        }

        timeout = count > Max.Ticks / TimeSpan.TicksPerMillisecond ? Max : Capped(count * TimeSpan.TicksPerMillisecond);
        return true;
    }

    /// <summary>Writes whole milliseconds, rounded down; a larger unit only where the milliseconds need more than eight digits. Zero or less is <c>0m</c>.</summary>
    public static string Format(TimeSpan timeout)
    {
        var (count, unit) = (Math.Max(0, timeout.Ticks / TimeSpan.TicksPerMillisecond), 'm');
        if (count >= TooManyDigits)
        {
            (count, unit) = (count / 1000, 'S');
        }

        if (count >= TooManyDigits)
        {
            (count, unit) = (count / 60, 'M');
        }

        if (count >= TooManyDigits)
        {
            (count, unit) = (Math.Min(count / 60, TooManyDigits - 1), 'H');
        }

        Span<char> text = stackalloc char[MaxDigits + 1];
        count.TryFormat(text, out var digits, provider: CultureInfo.InvariantCulture);
        text[digits] = unit;
        return new string(text[..(digits + 1)]);
    }

    private static TimeSpan Capped(long ticks) => ticks > Max.Ticks ? Max : TimeSpan.FromTicks(ticks);

    private static bool TryParseDigits(ReadOnlySpan<char> value, int maxDigits, out long count)
    {
        count = 0;
        if (value.IsEmpty || value.Length > maxDigits)
        {
            return false;
        }

        foreach (var digit in value)
        {
            if (!char.IsAsciiDigit(digit))
            {
                return false;
            }

            count = (count * 10) + (digit - '0');
        }

        return true;
    }
}
