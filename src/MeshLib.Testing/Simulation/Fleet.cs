namespace MeshLib.Testing.Simulation;

/// <summary>The servers of a run as clients reach them: across the network.</summary>
internal sealed class Fleet
{
    private readonly VirtualTime _time;
    private readonly ServerModel[] _servers;
    private readonly long _there;
    private readonly long _back;

    public Fleet(SimulationScenario scenario, VirtualTime time, SimulationSeed seed)
    {
        _time = time;
        _servers = [.. scenario.Servers.Select((server, index) => new ServerModel(server, scenario.Duration, seed.Stream("server", index), seed.Stream("checks", index)))];
        _there = scenario.RoundTrip.Ticks / 2;
        _back = scenario.RoundTrip.Ticks - _there;
    }

    public int Count => _servers.Length;

    /// <summary>Requests that each server has had.</summary>
    public IEnumerable<long> Requests => _servers.Select(static server => server.Requests);

    /// <summary>Sends a request now; the answer's time is when the client has it.</summary>
    public ServerAnswer Send(int server, double work) => Back(_servers[server].Accept(_time.Now + _there, work));

    /// <summary>Sends a health check now; as <see cref="Send"/>.</summary>
    public ServerAnswer Check(int server) => Back(_servers[server].Check(_time.Now + _there));

    /// <summary>The server that is the least likely to fail, and of several the one with the earliest expected end; among equals the first one from <paramref name="from"/> on.</summary>
    public int Best(int from, double work)
    {
        var (best, least) = (from, (Failing: 1.0, End: long.MaxValue));
        for (var i = 0; i < _servers.Length; i++)
        {
            var index = (from + i) % _servers.Length;
            if (_servers[index].Expect(_time.Now + _there, work) is var expected && expected.CompareTo(least) < 0)
            {
                (best, least) = (index, expected);
            }
        }

        return best;
    }

    private ServerAnswer Back(in ServerAnswer answer) => answer.At == long.MaxValue ? answer : answer with { At = answer.At + _back };
}
