using System.Globalization;

namespace MeshLib;

/// <summary>A duration in the constant format of <see cref="TimeSpan"/>, within bounds.</summary>
internal sealed class DurationValue(TimeSpan least, TimeSpan most) : OptionValue<TimeSpan>
{
    /// <summary>24 days fit the milliseconds in an <see cref="int"/> that timers and cancellation sources count with; 25 would not.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(24);

    /// <summary>Timers count whole milliseconds; anything shorter would mean "now".</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    public TimeSpan Least => least;

    public TimeSpan Most => most;

    public override string Kind => "a duration (write [d.]hh:mm:ss[.fff], such as 00:00:30)";

    public override string Allowed => $"{Text(least)} to {Text(most)}";

    // The constant format also reads a lone "3" as three days and "0:30" as half an hour, which nobody means: seconds have to be there.
    public override bool TryParse(IReadOnlyList<string> texts, out TimeSpan value)
    {
        var text = texts[0].AsSpan().Trim();
        value = default;
        return text.Count(':') == 2 && TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out value);
    }

    public override bool Allows(TimeSpan value) => value >= least && value <= most;

    public override IReadOnlyList<string> Print(TimeSpan value) => [Text(value)];

    public static string Text(TimeSpan value)
    {
        var text = value.ToString("c", CultureInfo.InvariantCulture);
        return value.Ticks % TimeSpan.TicksPerSecond == 0 ? text : text.TrimEnd('0');
    }
}
