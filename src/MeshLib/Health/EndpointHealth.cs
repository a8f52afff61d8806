namespace MeshLib;

/// <summary>
/// One endpoint's health beside its breaker: what its peers and the mesh's own checks say, absences that were announced or ordered, and how much of its share it gets after its return. Written by control code,
/// under the set's lock, but for what feedback counts; read anywhere.
/// </summary>
internal sealed class EndpointHealth
{
    private volatile HealthCheckMonitor? _check;
    private volatile bool _withdrawn;
    private volatile bool _left;
    private long _awayUntil;
    private double _share = 1;

    /// <summary>What its peers make of it.</summary>
    public OutlierMonitor Outlier { get; } = new();

    /// <summary>What the mesh's own checks make of it; <see langword="null"/> while there are none.</summary>
    public HealthCheckMonitor? Check
    {
        get => _check;
        set => _check = value;
    }

    /// <summary>Whether somebody took it out by hand, to stay out until somebody puts it back.</summary>
    public bool IsWithdrawn
    {
        get => _withdrawn;
        set => _withdrawn = value;
    }

    /// <summary>Until when it wants no new calls, by its own word or somebody's order; 0 when it wants them, <see cref="long.MaxValue"/> until it has left.</summary>
    public long AwayUntil
    {
        get => Volatile.Read(ref _awayUntil);
        set => Volatile.Write(ref _awayUntil, value);
    }

    /// <summary>Whether it gets nothing, panic or not.</summary>
    public bool IsAway => IsWithdrawn || AwayUntil != 0;

    /// <summary>Whether it has said that it would be away for a while, and nobody has ordered that it stay away.</summary>
    public bool IsLeaving => !IsWithdrawn && AwayUntil is > 0 and < long.MaxValue;

    /// <summary>Whether a check has failed since it said that it would be away.</summary>
    public bool WasSeenGone { get; set; }

    /// <summary>Whether it is no member of its set now, and only remembered or still answering what it was sent before.</summary>
    public bool HasLeft => _left;

    /// <summary>The part of its weight that it gets while it warms up.</summary>
    public double Share
    {
        get => Volatile.Read(ref _share);
        set => Volatile.Write(ref _share, value);
    }

    /// <summary>When it began to warm up; 0 when it is warm.</summary>
    public long WarmingSince { get; set; }

    /// <summary>Whether it could get calls by the last snapshot, be it in panic: who got calls is not cold.</summary>
    public bool WasLive { get; set; }

    /// <summary>It is a member again. Whoever comes back at its address wants calls, whatever was said or ordered before.</summary>
    public void Join()
    {
        _left = false;
        AwayUntil = 0;
    }

    /// <summary>The instance has left its set. Whoever comes back at its address has to warm up, and nobody has checked it yet.</summary>
    public void Leave()
    {
        _left = true;
        Check = null;
        WarmingSince = 0;
        WasLive = false;
    }
}
