namespace MeshLib.Testing.Simulation;

/// <summary>A server's speed over time, constant from one step to the next. Work in progress goes on at the new speed.</summary>
internal sealed class SpeedProfile
{
    // A cold start is a staircase of this tread.
    private static readonly TimeSpan Tread = TimeSpan.FromMilliseconds(200);

    private readonly long[] _starts;
    private readonly double[] _speeds;
    private int _current;

    /// <param name="server">The server.</param>
    /// <param name="until">How far the profile has to reach; afterwards the last speed holds.</param>
    /// <param name="random">Decides what antagonists do.</param>
    public SpeedProfile(SimulatedServer server, TimeSpan until, Random random)
    {
        var changes = new SortedSet<long> { 0 };
        var losses = new Dictionary<long, double>();
        if (server.Antagonist is { } antagonist)
        {
            for (var at = 0L; at < until.Ticks; at += antagonist.Epoch.Ticks)
            {
                var disturbed = random.NextDouble() < antagonist.Probability;
                var loss = antagonist.LeastLoss + ((antagonist.MostLoss - antagonist.LeastLoss) * random.NextDouble());
                losses[at] = disturbed ? loss : 0;
                changes.Add(at);
            }
        }

        foreach (var fault in server.Faults.Where(static fault => fault.Kind is ServerFaultKind.Slow or ServerFaultKind.WarmingUp or ServerFaultKind.Hanging))
        {
            for (var at = fault.From.Ticks; fault.Kind == ServerFaultKind.WarmingUp && at < Math.Min(fault.Until.Ticks, until.Ticks); at += Tread.Ticks)
            {
                changes.Add(at);
            }

            changes.Add(fault.From.Ticks);
            changes.Add(fault.Until.Ticks);
        }

        _starts = [.. changes.Where(static at => at < TimeSpan.MaxValue.Ticks).Select(static at => VirtualTime.TimestampOf(new TimeSpan(at)))];
        _speeds = new double[_starts.Length];
        var epochLoss = 0.0;
        foreach (var (at, index) in changes.Take(_starts.Length).Select(static (at, index) => (at, index)))
        {
            epochLoss = losses.GetValueOrDefault(at, epochLoss);
            _speeds[index] = server.Faults.Aggregate(server.Speed * (1 - epochLoss), (speed, fault) => speed * Factor(fault, new TimeSpan(at)));
        }
    }

    /// <summary>When work that begins at <paramref name="start"/> is done; <see cref="long.MaxValue"/> for never.</summary>
    /// <param name="now">The present, which never goes back.</param>
    /// <param name="start">When it begins, now or later.</param>
    /// <param name="work">Seconds at speed 1.</param>
    public long Finish(long now, long start, double work)
    {
        while (_current + 1 < _starts.Length && _starts[_current + 1] <= now)
        {
            _current++;
        }

        var step = _current;
        while (step + 1 < _starts.Length && _starts[step + 1] <= start)
        {
            step++;
        }

        var left = work * TimeSpan.TicksPerSecond;
        while (true)
        {
            var speed = _speeds[step];
            if (step + 1 == _starts.Length)
            {
                return speed > 0 ? start + (long)(left / speed) : long.MaxValue;
            }

            var done = (_starts[step + 1] - start) * speed;
            if (done >= left)
            {
                return start + (long)(left / speed);
            }

            left -= done;
            start = _starts[++step];
        }
    }

    private static double Factor(ServerFault fault, TimeSpan at)
    {
        if (at < fault.From || at >= fault.Until)
        {
            return 1;
        }

        return fault.Kind switch
        {
            ServerFaultKind.Slow => fault.Speed,
            ServerFaultKind.WarmingUp => fault.Speed + ((1 - fault.Speed) * ((at - fault.From) / (fault.Until - fault.From))),
            ServerFaultKind.Hanging => 0,
            _ => 1,
        };
    }
}
