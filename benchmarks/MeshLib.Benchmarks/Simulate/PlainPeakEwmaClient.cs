using MeshLib.Testing.Simulation;

namespace MeshLib.Benchmarks;

/// <summary>
/// Two choices by Peak EWMA as Finagle and Tower have it: every outcome is a latency, so that a fast failure is a fast answer. What the default is compared with, written from the papers and not from our
/// own classes, so that the two can also be held against published figures apart from each other.
/// </summary>
internal sealed class PlainPeakEwmaClient() : SimulatedClient("P2C plain Peak EWMA")
{
    internal override RequestSender CreateSender(SimulationRun run) => new Sender(run);

    private sealed class Sender : DirectSender
    {
        private const double Tau = 10;
        private const double DefaultRtt = 0.03;

        private readonly Random[] _random;
        private readonly Estimate[][] _clients;
        private readonly int _servers;

        public Sender(SimulationRun run)
            : base(run)
        {
            _servers = run.Fleet.Count;
            _random = [.. Enumerable.Range(0, run.Scenario.Clients).Select(client => run.Seed.Stream("client", client))];
            _clients = [.. _random.Select(_ => Enumerable.Range(0, _servers).Select(_ => new Estimate { Cost = DefaultRtt, Stamp = run.Time.GetTimestamp() }).ToArray())];
        }

        public override void Dispose()
        {
        }

        protected override int? Choose(Flight flight)
        {
            var random = _random[flight.Client];
            var estimates = _clients[flight.Client];
            var a = random.Next(_servers);
            var b = random.Next(_servers - 1);
            b += b >= a ? 1 : 0;
            flight.Server = Load(estimates[a], flight.Started) <= Load(estimates[b], flight.Started) ? a : b;
            estimates[flight.Server].Pending++;
            return flight.Server;
        }

        protected override void Settle(Flight flight, double elapsed, long now)
        {
            ref var estimate = ref _clients[flight.Client][flight.Server];
            estimate.Pending--;
            var kept = Kept(estimate, now);
            var decayed = estimate.Cost * kept;
            estimate.Cost = elapsed > decayed ? elapsed : decayed + (elapsed * (1 - kept));
            estimate.Stamp = now;
        }

        private static double Load(in Estimate estimate, long now) => estimate.Cost * Kept(estimate, now) * (estimate.Pending + 1);

        private static double Kept(in Estimate estimate, long now) => Math.Exp(-(now - estimate.Stamp) / (Tau * TimeSpan.TicksPerSecond));

        private struct Estimate
        {
            public double Cost;
            public long Stamp;
            public int Pending;
        }
    }
}
