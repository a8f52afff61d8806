using MeshLib.Testing.Simulation;

namespace MeshLib.Testing.Tests.Simulation;

/// <summary>Small fleets.</summary>
internal static class Scenarios
{
    public static readonly ServiceTime TenMilliseconds = ServiceTime.Exponential(TimeSpan.FromMilliseconds(10));

    public static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    public static SimulatedServer[] Equal(int servers, params ServerFault[] faultsOfTheFirst) =>
        [.. Enumerable.Range(0, servers).Select(index => new SimulatedServer { Faults = index == 0 ? faultsOfTheFirst : [] })];

    public static SimulationScenario Loaded(IReadOnlyList<SimulatedServer> servers, double load, double seconds, int clients = 1, ServiceTime? work = null)
    {
        work ??= TenMilliseconds;
        return new()
        {
            Name = "test",
            Servers = servers,
            Clients = clients,
            Load = [new(TimeSpan.Zero, load * SimulationScenario.CapacityOf(servers, work))],
            Work = work,
            Duration = Seconds(seconds),
            GiveUpAfter = Seconds(1),
        };
    }

    /// <summary>Buoyant's "Beyond round robin" of 2016.</summary>
    public static SimulationScenario Buoyant(TimeSpan? patience = null) => new()
    {
        Name = "buoyant",
        Servers = [.. Enumerable.Range(0, 11).Select(static index => new SimulatedServer { Workers = null, Faults = index == 0 ? [ServerFault.Delayed(Seconds(15), Seconds(45), Seconds(2))] : [] })],
        Arrivals = ArrivalPattern.Constant,
        Load = [new(TimeSpan.Zero, 1000)],
        Work = ServiceTime.FoldedNormal(TimeSpan.FromMilliseconds(167), TimeSpan.FromMilliseconds(5)),
        RoundTrip = TimeSpan.Zero,
        Duration = Seconds(60),
        GiveUpAfter = patience,
    };
}
