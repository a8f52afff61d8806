namespace MeshLib.Testing.Simulation;

/// <summary>A fleet of servers, what goes wrong with it, and the load on it. Everything in it is virtual time.</summary>
public sealed record SimulationScenario
{
    // What antagonists do is drawn beforehand, epoch for epoch.
    private static readonly TimeSpan ShortestEpoch = TimeSpan.FromMilliseconds(1);

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

    /// <summary>
    /// How many hash keys there are (users, tenants, documents), as many requests of each. A request is given one of them as by <c>SetMeshHashKey</c>, of which <c>RingHash</c> and <c>Maglev</c> make their choice. The keys are
    /// drawn apart from all else: for whom they mean nothing, the run is the same with any number of them.
    /// </summary>
    /// <value>Default 0: requests have no key, and hash balancers send each of them anywhere.</value>
    public int HashKeys { get; init; }

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
        Require(Clients > 0, $"{nameof(Clients)} is {Clients}; 1 or more.");
        Require(Load.Count > 0 && Load.All(static phase => phase.RequestsPerSecond >= 0 && double.IsFinite(phase.RequestsPerSecond)), $"{nameof(Load)}: at least one phase, of a finite rate of 0 or more.");
        Require(Load.Zip(Load.Skip(1)).All(static pair => pair.First.From < pair.Second.From), $"{nameof(Load)}: phases stand in order of time.");
        Require(Duration > TimeSpan.Zero && WarmUp < Duration && WarmUp >= TimeSpan.Zero, $"{nameof(Duration)} is {Duration}; above 0, and longer than the {nameof(WarmUp)} of {WarmUp}.");
        Require(RoundTrip >= TimeSpan.Zero, $"{nameof(RoundTrip)} is {RoundTrip}; 0 or more.");
        Require(Interval > TimeSpan.Zero, $"{nameof(Interval)} is {Interval}; above 0.");
        Require(SuccessWithin > TimeSpan.Zero, $"{nameof(SuccessWithin)} is {SuccessWithin}; above 0.");
        Require(GiveUpAfter is not { } patience || patience > TimeSpan.Zero, $"{nameof(GiveUpAfter)} is {GiveUpAfter}; above 0, or null for a caller that waits.");
        Require(HashKeys >= 0, $"{nameof(HashKeys)} is {HashKeys}; 0 or more.");
        Require(Work.Mean > TimeSpan.Zero, $"{nameof(Work)}.{nameof(ServiceTime.Mean)} is {Work.Mean}; above 0.");
        Require(Work.Deviation >= TimeSpan.Zero, $"{nameof(Work)}.{nameof(ServiceTime.Deviation)} is {Work.Deviation}; 0 or more.");
        for (var i = 0; i < Servers.Count; i++)
        {
            ValidateServer(Servers[i], $"{nameof(Servers)}[{i}]");
        }

        void ValidateServer(SimulatedServer server, string path)
        {
            Require(server.Workers is null or > 0, $"{path}.{nameof(server.Workers)} is {server.Workers}; 1 or more, or null for any number.");
            Require(server.Speed > 0 && double.IsFinite(server.Speed), $"{path}.{nameof(server.Speed)} is {server.Speed}; above 0 and finite.");
            if (server.Antagonist is { } antagonist)
            {
                var its = $"{path}.{nameof(server.Antagonist)}";
                Require(antagonist.Epoch >= ShortestEpoch, $"{its}.{nameof(antagonist.Epoch)} is {antagonist.Epoch}; {ShortestEpoch} or more.");
                Require(IsPart(antagonist.Probability), $"{its}.{nameof(antagonist.Probability)} is {antagonist.Probability}; 0 to 1.");
                Require(IsPart(antagonist.MostLoss), $"{its}.{nameof(antagonist.MostLoss)} is {antagonist.MostLoss}; 0 to 1.");
                Require(antagonist.LeastLoss >= 0 && antagonist.LeastLoss <= antagonist.MostLoss, $"{its}.{nameof(antagonist.LeastLoss)} is {antagonist.LeastLoss}; 0 to {nameof(antagonist.MostLoss)}, which is {antagonist.MostLoss}.");
            }

            for (var i = 0; i < server.Faults.Count; i++)
            {
                ValidateFault(server.Faults[i], $"{path}.{nameof(server.Faults)}[{i}]");
            }
        }

        void ValidateFault(ServerFault fault, string path)
        {
            path = $"{path} ({fault.Kind})";
            Require(fault.From >= TimeSpan.Zero, $"{path}.{nameof(fault.From)} is {fault.From}; 0 or more.");
            Require(fault.From < fault.Until, $"{path}.{nameof(fault.Until)} is {fault.Until}; above {nameof(fault.From)}, which is {fault.From}.");
            switch (fault.Kind)
            {
                case ServerFaultKind.Slow or ServerFaultKind.WarmingUp:
                    Require(fault.Speed > 0 && double.IsFinite(fault.Speed), $"{path}.{nameof(fault.Speed)} is {fault.Speed}; above 0 and finite. A server that does nothing is {ServerFaultKind.Hanging}.");
                    Require(fault.Kind == ServerFaultKind.Slow || fault.Until < TimeSpan.MaxValue, $"{path}.{nameof(fault.Until)} is {fault.Until}; it needs an end.");
                    break;
                case ServerFaultKind.Delayed:
                    Require(fault.Delay >= TimeSpan.Zero, $"{path}.{nameof(fault.Delay)} is {fault.Delay}; 0 or more.");
                    Require(IsPart(fault.Share), $"{path}.{nameof(fault.Share)} is {fault.Share}; 0 to 1.");
                    break;
                case ServerFaultKind.Failing:
                    Require(IsPart(fault.Share), $"{path}.{nameof(fault.Share)} is {fault.Share}; 0 to 1.");
                    break;
            }
        }

        void Require(bool held, string message)
        {
            if (!held)
            {
                throw new ArgumentException(Name.Length == 0 ? message : $"{Name}: {message}");
            }
        }

        static bool IsPart(double value) => value is >= 0 and <= 1;
    }
}
