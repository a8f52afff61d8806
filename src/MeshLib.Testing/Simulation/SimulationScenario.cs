namespace MeshLib.Testing.Simulation;

/// <summary>A fleet of servers, what goes wrong with it, and the load on it. Everything in it is virtual time.</summary>
public sealed record SimulationScenario
{
    /// <summary>What it is called in tables and messages.</summary>
    public string Name { get; init; } = "";

    /// <summary>The instances of the service.</summary>
    public required IReadOnlyList<SimulatedServer> Servers { get; init; }

    /// <summary>Callers that know nothing of each other; every request goes to one of them at random.</summary>
    /// <value>Default 1.</value>
    public int Clients { get; init; } = 1;

    /// <summary>The rate of requests over time, in order of time; nothing comes before the first phase.</summary>
    public required IReadOnlyList<LoadPhase> Load { get; init; }

    /// <summary>How requests follow each other.</summary>
    public ArrivalPattern Arrivals { get; init; } = ArrivalPattern.Poisson;

    /// <summary>The work in a request. It is drawn once, so that whoever balances sees the same requests.</summary>
    public required ServiceTime Work { get; init; }

    /// <summary>For how long requests come.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Requests that begin before this are made but not counted.</summary>
    /// <value>Default 0.</value>
    public TimeSpan WarmUp { get; init; }

    /// <summary>What the network adds, there and back.</summary>
    /// <value>Default 0.5 ms.</value>
    public TimeSpan RoundTrip { get; init; } = TimeSpan.FromMilliseconds(0.5);

    /// <summary>
    /// When a caller gives up. <see langword="null"/> for one that waits. A whole mesh takes it for the <c>Timeout</c> that the code sets, over which its configuration wins.
    /// </summary>
    public TimeSpan? GiveUpAfter { get; init; }

    /// <summary>A good answer later than this is no success.</summary>
    /// <value>Default 1 s.</value>
    public TimeSpan SuccessWithin { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The resolution of <see cref="SimulationResult.Timeline"/>.</summary>
    /// <value>Default 1 s.</value>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Requests per second that the servers can do at their nominal speeds; infinite when one of them has no queue.</summary>
    public double Capacity => CapacityOf(Servers, Work);

    /// <summary>Requests per second that servers can do at their nominal speeds; infinite when one of them has no queue.</summary>
    /// <param name="servers">The servers.</param>
    /// <param name="work">The work in a request.</param>
    public static double CapacityOf(IEnumerable<SimulatedServer> servers, ServiceTime work)
    {
        ArgumentNullException.ThrowIfNull(servers);
        ArgumentNullException.ThrowIfNull(work);
        return servers.Sum(static server => server.Workers * server.Speed ?? double.PositiveInfinity) / work.MeanSeconds;
    }

    /// <summary>Says what is wrong with it, if anything.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; the message names it.</exception>
    internal void Validate()
    {
        Require(Servers.Count > 0, $"{nameof(Servers)} is empty; at least one is needed.");
        Require(Servers.All(static server => server is { Workers: null or > 0, Speed: > 0 }), $"{nameof(Servers)}: a server needs at least one worker and a speed above 0.");
        Require(Clients > 0, $"{nameof(Clients)} is {Clients}; 1 or more.");
        Require(Load.Count > 0 && Load.All(static phase => phase.RequestsPerSecond >= 0 && double.IsFinite(phase.RequestsPerSecond)), $"{nameof(Load)}: at least one phase, of a finite rate of 0 or more.");
        Require(Load.Zip(Load.Skip(1)).All(static pair => pair.First.From < pair.Second.From), $"{nameof(Load)}: phases stand in order of time.");
        Require(Duration > TimeSpan.Zero && WarmUp < Duration && WarmUp >= TimeSpan.Zero, $"{nameof(Duration)} is {Duration}; above 0, and longer than the {nameof(WarmUp)} of {WarmUp}.");
        Require(RoundTrip >= TimeSpan.Zero && Interval > TimeSpan.Zero && SuccessWithin > TimeSpan.Zero, $"{nameof(RoundTrip)} is 0 or more, {nameof(Interval)} and {nameof(SuccessWithin)} above 0.");
        foreach (var fault in Servers.SelectMany(static server => server.Faults))
        {
            Require(fault.From < fault.Until, $"A fault of kind {fault.Kind} ends ({fault.Until}) before it begins ({fault.From}).");
            Require(fault.Kind is not (ServerFaultKind.Slow or ServerFaultKind.WarmingUp) || fault.Speed > 0, $"A fault of kind {fault.Kind} leaves a speed of {fault.Speed}; above 0. A server that does nothing is {ServerFaultKind.Hanging}.");
            Require(fault.Kind != ServerFaultKind.WarmingUp || fault.Until < TimeSpan.MaxValue, $"A fault of kind {fault.Kind} needs an end.");
        }

        void Require(bool held, string message)
        {
            if (!held)
            {
                throw new ArgumentException(Name.Length == 0 ? message : $"{Name}: {message}");
            }
        }
    }
}
