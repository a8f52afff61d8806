namespace MeshLib.Testing.Simulation;

/// <inheritdoc cref="SimulatedClient.Oracle"/>
internal sealed class OracleClient() : SimulatedClient("oracle")
{
    internal override RequestSender CreateSender(SimulationRun run) => new Sender(run);

    private sealed class Sender : DirectSender
    {
        private readonly Fleet _fleet;
        private readonly Random _random;
        private readonly double _expectedWork;

        public Sender(SimulationRun run)
            : base(run)
        {
            _fleet = run.Fleet;
            _random = run.Seed.Stream("oracle");
            _expectedWork = run.Scenario.Work.MeanSeconds;
        }

        public override void Dispose()
        {
        }

        // Among equals by lot, or an idle fleet would be its first server.
        protected override int? Choose(Flight flight) => _fleet.Best(_random.Next(_fleet.Count), _expectedWork);

        protected override void Settle(Flight flight, double elapsed, long now)
        {
        }
    }
}
