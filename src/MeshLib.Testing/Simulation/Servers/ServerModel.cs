namespace MeshLib.Testing.Simulation;

/// <summary>
/// One server of a run. Speeds and faults are known beforehand and nothing that has been taken is given back, so what becomes of a request is settled as it comes in: it begins when the
/// first worker is free and ends when the work is done. That makes a request one event, however long the queue.
/// </summary>
internal sealed class ServerModel
{
    // Next to none: it waits for a server that stands still, and for nothing else.
    private const double WorkOfCheck = 1e-6;

    private readonly SpeedProfile _speed;
    private readonly Random _random;
    private readonly Random _randomOfChecks;
    private readonly ServerFault[] _fates;
    private readonly long[]? _free;

    /// <param name="server">The server.</param>
    /// <param name="until">How long the run is.</param>
    /// <param name="random">The server's own chance.</param>
    /// <param name="randomOfChecks">That of health checks: whether somebody makes any must not change what becomes of requests.</param>
    public ServerModel(SimulatedServer server, TimeSpan until, Random random, Random randomOfChecks)
    {
        _speed = new SpeedProfile(server, until, random);
        _random = random;
        _randomOfChecks = randomOfChecks;
        _fates = [.. server.Faults.Where(static fault => fault.Kind is ServerFaultKind.Delayed or ServerFaultKind.Failing or ServerFaultKind.Down)];
        _free = server.Workers is { } workers ? new long[workers] : null;
    }

    /// <summary>Requests that have come, refused ones included; health checks are none.</summary>
    public long Requests { get; private set; }

    /// <summary>Takes a request in.</summary>
    /// <param name="now">When it arrives; never earlier than the one before.</param>
    /// <param name="work">Seconds of work at speed 1.</param>
    public ServerAnswer Accept(long now, double work)
    {
        Requests++;
        if (FateOf(now, _random) is { } fate)
        {
            return fate;
        }

        var end = Finish(now, work, out var worker);
        if (NextFall(now) is var fall && fall < end)
        {
            // What the server was working on, and what was waiting, goes down with it; when it comes back its workers are free.
            if (_free is not null)
            {
                _free[worker] = fall;
            }

            return new(ServerFate.Reset, fall);
        }

        if (_free is not null)
        {
            _free[worker] = end;
        }

        return new(ServerFate.Answered, end);
    }

    /// <summary>Takes a health check in: it needs no worker, so no queue is before it.</summary>
    /// <param name="now">When it arrives; never earlier than what came before.</param>
    public ServerAnswer Check(long now)
    {
        if (FateOf(now, _randomOfChecks) is { } fate)
        {
            return fate;
        }

        var end = _speed.Finish(now, now, WorkOfCheck);
        return NextFall(now) is var fall && fall < end ? new(ServerFate.Reset, fall) : new(ServerFate.Answered, end);
    }

    /// <summary>What is to be expected of a request that arrived now, as far as queue, speed and failures are known and its own work is not.</summary>
    /// <param name="now">The present.</param>
    /// <param name="work">The expected work, in seconds.</param>
    /// <returns>The chance that it fails, and when it is done if it does not.</returns>
    public (double Failing, long End) Expect(long now, double work)
    {
        var (failing, delayed, ordinary) = (0.0, 0.0, 1.0);
        foreach (var fault in _fates)
        {
            if (IsInForce(fault, now))
            {
                switch (fault.Kind)
                {
                    case ServerFaultKind.Down:
                        return (1, long.MaxValue);
                    case ServerFaultKind.Delayed when fault.Share >= 1:
                        return Standing(VirtualTime.Later(now, fault.Delay));
                    case ServerFaultKind.Delayed:
                        delayed += ordinary * fault.Share * VirtualTime.Later(now, fault.Delay);
                        break;
                    default:
                        failing += ordinary * fault.Share;
                        break;
                }

                ordinary *= 1 - fault.Share;
            }
        }

        return Standing(Finish(now, work, out _));

        (double, long) Standing(long end)
        {
            var mean = delayed == 0 || end == long.MaxValue ? end : (long)((delayed + (ordinary * end)) / (1 - failing));
            return NextFall(now) < mean ? (1, long.MaxValue) : (failing, mean);
        }
    }

    private static bool IsInForce(ServerFault fault, long now) => now >= VirtualTime.TimestampOf(fault.From) && now < VirtualTime.TimestampOf(fault.Until);

    /// <summary>What becomes of anything that arrives now whatever work it is; <see langword="null"/> where nothing stands in its way.</summary>
    private ServerAnswer? FateOf(long now, Random random)
    {
        foreach (var fault in _fates)
        {
            if (IsInForce(fault, now))
            {
                switch (fault.Kind)
                {
                    case ServerFaultKind.Down:
                        return new(ServerFate.Refused, now);
                    case ServerFaultKind.Delayed when fault.Share >= 1 || random.NextDouble() < fault.Share:
                        var delayed = VirtualTime.Later(now, fault.Delay);
                        return NextFall(now) is var reset && reset < delayed ? new(ServerFate.Reset, reset) : new(ServerFate.Answered, delayed);
                    case ServerFaultKind.Failing when fault.Share >= 1 || random.NextDouble() < fault.Share:
                        return new(ServerFate.Answered, now, fault.Status);
                }
            }
        }

        return null;
    }

    private long Finish(long now, double work, out int worker)
    {
        worker = 0;
        if (_free is null)
        {
            return _speed.Finish(now, now, work);
        }

        for (var i = 1; i < _free.Length; i++)
        {
            if (_free[i] < _free[worker])
            {
                worker = i;
            }
        }

        var start = Math.Max(now, _free[worker]);
        return start == long.MaxValue ? long.MaxValue : _speed.Finish(now, start, work);
    }

    private long NextFall(long now)
    {
        var next = long.MaxValue;
        foreach (var fault in _fates)
        {
            if (fault.Kind == ServerFaultKind.Down && VirtualTime.TimestampOf(fault.From) is var from && from > now)
            {
                next = Math.Min(next, from);
            }
        }

        return next;
    }
}
