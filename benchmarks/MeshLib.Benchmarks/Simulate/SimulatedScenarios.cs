using MeshLib.Testing.Simulation;

namespace MeshLib.Benchmarks;

/// <summary>The fleets that balancers are judged on: published ones, those that the goals are written for, and some that the default was not tuned to.</summary>
internal static class SimulatedScenarios
{
    private static readonly ServiceTime TenMilliseconds = ServiceTime.Exponential(Milliseconds(10));
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    // What hash balancers keep together: ten requests a second and more of each key, and keys enough for a hundred servers.
    private const int Keys = 1000;

    public static IReadOnlyList<SimulationScenario> All { get; } = [.. Fleets().Select(static scenario => scenario with { HashKeys = Keys })];

    private static IEnumerable<SimulationScenario> Fleets() =>
    [
        Buoyant("buoyant", patience: null),
        Buoyant("buoyant-cancel", Patience),
        Uniform(10, clients: 1),
        Uniform(10, clients: 10),
        Uniform(100, clients: 1),
        Uniform(100, clients: 10),
        Unequal(clients: 1),
        Unequal(clients: 10),
        Antagonised(10, clients: 1),
        Antagonised(100, clients: 1),
        Antagonised(100, clients: 10),
        Loaded("fastfail-10-c1", OneOfTen(ServerFault.Failing(Seconds(15), Seconds(45))), 1, TenMilliseconds, 0.6, Seconds(50)),
        Loaded("coldstart-10-c1", OneOfTen(ServerFault.WarmingUp(Seconds(15), Seconds(35), 0.1)), 1, TenMilliseconds, 0.6, Seconds(50)),
        Overloaded(),

        // Not tuned to. Sizes with a heavy tail, which a latency estimate takes for a slow server.
        Loaded("heavytail-20-c5", Equal(20), 5, ServiceTime.LogNormal(Milliseconds(10), Milliseconds(30)), 0.7, Seconds(50)),

        // One server fails three requests in ten, which no run of failures in a row shows.
        Loaded("flaky-10-c4", OneOfTen(ServerFault.Failing(Seconds(15), Seconds(45), 503, 0.3)), 4, TenMilliseconds, 0.6, Seconds(50)),

        // One server stands still for ten seconds, another for five while the first has just gone on.
        Loaded("pause-12-c4", [Server(ServerFault.Hanging(Seconds(15), Seconds(25))), Server(ServerFault.Hanging(Seconds(27), Seconds(32))), .. Equal(10)], 4, TenMilliseconds, 0.6, Seconds(50)),
    ];

    /// <summary>Buoyant's of 2016: 11 servers without a queue, of which one takes 2 s for half a minute.</summary>
    private static SimulationScenario Buoyant(string name, TimeSpan? patience) => new()
    {
        Name = name,
        Servers = [.. Enumerable.Range(0, 11).Select(static index => new SimulatedServer { Workers = null, Faults = index == 0 ? [ServerFault.Delayed(Seconds(15), Seconds(45), Seconds(2))] : [] })],
        Arrivals = ArrivalPattern.Constant,
        Load = [new(TimeSpan.Zero, 1000)],
        Work = ServiceTime.FoldedNormal(Milliseconds(167), Milliseconds(5)),
        RoundTrip = TimeSpan.Zero,
        Duration = Seconds(60),
        GiveUpAfter = patience,
    };

    private static SimulationScenario Uniform(int servers, int clients) =>
        Loaded($"uniform-{servers}-c{clients}", Equal(servers), clients, TenMilliseconds, 0.8, Seconds(50));

    private static SimulationScenario Unequal(int clients) =>
        Loaded($"hetero-10-c{clients}", [.. new[] { 2, 2, 2, 1, 1, 1, 1, 0.5, 0.5, 0.5 }.Select(static speed => new SimulatedServer { Speed = speed })], clients, TenMilliseconds, 0.6, Seconds(50));

    private static SimulationScenario Antagonised(int servers, int clients) =>
        Loaded($"antagonist-{servers}-c{clients}", [.. Enumerable.Range(0, servers).Select(index => new SimulatedServer
        {
            Speed = 0.7 + (0.6 * index / (servers - 1)),
            Antagonist = new(Seconds(2), 0.2, 0.3, 0.8),
        })], clients, ServiceTime.FoldedNormal(Milliseconds(20), Milliseconds(20)), 0.75, Seconds(40));

    /// <summary>
    /// Every server gets half as much again as it can do, for 10 s. With nothing taken back there are then 5 s of work in the queues, which at 80 % no fleet has done before 25 s have passed; counted is from
    /// 10 s after that.
    /// </summary>
    private static SimulationScenario Overloaded()
    {
        var servers = Equal(10);
        var capacity = SimulationScenario.CapacityOf(servers, TenMilliseconds);
        return new()
        {
            Name = "overload-10-c10",
            Servers = servers,
            Clients = 10,
            Load = [new(TimeSpan.Zero, 0.8 * capacity), new(Seconds(10), 1.5 * capacity), new(Seconds(20), 0.8 * capacity)],
            Work = TenMilliseconds,
            Duration = Seconds(80),
            WarmUp = Seconds(55),
            GiveUpAfter = Patience,
        };
    }

    private static SimulationScenario Loaded(string name, IReadOnlyList<SimulatedServer> servers, int clients, ServiceTime work, double load, TimeSpan duration) => new()
    {
        Name = name,
        Servers = servers,
        Clients = clients,
        Load = [new(TimeSpan.Zero, load * SimulationScenario.CapacityOf(servers, work))],
        Work = work,
        Duration = duration,
        WarmUp = Seconds(5),
        GiveUpAfter = Patience,
    };

    private static SimulatedServer[] Equal(int servers) => [.. Enumerable.Range(0, servers).Select(static _ => new SimulatedServer())];

    private static SimulatedServer[] OneOfTen(ServerFault fault) => [Server(fault), .. Equal(9)];

    private static SimulatedServer Server(ServerFault fault) => new() { Faults = [fault] };

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    private static TimeSpan Milliseconds(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
