namespace MeshLib;

/// <summary>
/// One endpoint under the mesh's own checks: when the next one is due, and what the last ones said. Until something is known the endpoint is not unhealthy; one that has never passed becomes healthy by one pass,
/// as in Envoy. Not thread-safe: the set's control lock guards it; <see cref="IsUnhealthy"/> may be read anywhere.
/// </summary>
internal sealed class HealthCheckMonitor(long firstAt)
{
    private volatile bool _unhealthy;
    private bool _hasPassed;
    private bool _running;
    private int _inARow;

    public bool IsUnhealthy => _unhealthy;

    /// <summary>When the next check is due.</summary>
    public long DueAt { get; private set; } = firstAt;

    /// <summary>Begins a check when one is due and none is under way.</summary>
    /// <param name="now">The current timestamp.</param>
    /// <param name="interval">Timestamps between two checks. The pace is kept: a check that came late does not move those after it, and one that is missed is not made up for.</param>
    public bool TryBegin(long now, long interval)
    {
        if (DueAt > now + interval)
        {
            // The interval has been shortened. Whole ones are taken off, so that checks stay spread.
            DueAt -= interval * ((DueAt - now) / interval);
        }

        if (_running || now < DueAt)
        {
            return false;
        }

        DueAt += interval * (1 + ((now - DueAt) / interval));
        return _running = true;
    }

    /// <summary>Takes a check's result. Returns whether it changed <see cref="IsUnhealthy"/>.</summary>
    public bool End(bool passed, HealthCheckSettings settings)
    {
        _running = false;
        var counts = passed == _unhealthy;
        _inARow = counts ? _inARow + 1 : 0;
        var enough = passed ? (_hasPassed ? settings.HealthyThreshold : 1) : settings.UnhealthyThreshold;
        _hasPassed |= passed;
        if (!counts || _inARow < enough)
        {
            return false;
        }

        _unhealthy = !passed;
        _inARow = 0;
        return true;
    }
}
