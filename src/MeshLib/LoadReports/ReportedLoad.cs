namespace MeshLib;

/// <summary>The latest usable report of an endpoint, and since when it has been reporting. Immutable; each report makes a new one.</summary>
internal sealed class ReportedLoad
{
    /// <summary>A report older than this says nothing any more (A58).</summary>
    private const double LastsMilliseconds = 180_000;

    /// <summary>The first reports of an instance tell of its start rather than of its capacity (A58).</summary>
    private const double SettlesMilliseconds = 10_000;

    private readonly double _millisecondsPerTick;
    private readonly long _at;
    private readonly long _since;

    /// <param name="report">A usable one.</param>
    /// <param name="previous">What the endpoint reported before, if anything.</param>
    /// <param name="now">When the report came.</param>
    /// <param name="millisecondsPerTick">What the unit of <paramref name="now"/> is.</param>
    public ReportedLoad(in LoadReport report, ReportedLoad? previous, long now, double millisecondsPerTick)
    {
        Report = report;
        _at = now;
        _since = previous is not null && previous.Lasts(now) ? previous._since : now;
        _millisecondsPerTick = millisecondsPerTick;
    }

    public LoadReport Report { get; }

    /// <summary>Whether it is old enough to be believed and young enough to be true.</summary>
    public bool Counts(long now) => Lasts(now) && (now - _since) * _millisecondsPerTick >= SettlesMilliseconds;

    private bool Lasts(long now) => (now - _at) * _millisecondsPerTick < LastsMilliseconds;
}
