using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Testing.Simulation;

/// <summary>An endpoint set with its balancer, and nothing beside it: breakers never open, nobody is ejected or warms up, and zones and subsets are none.</summary>
internal sealed class BalancerClient(string name, Func<Random, LoadBalancer>? create) : SimulatedClient(name)
{
    private const string Service = "simulated";

    // So many failures that the breaker never opens.
    private const int Never = 1_000_000;

    internal override RequestSender CreateSender(SimulationRun run) => new Sender(run, Enumerable.Range(0, run.Scenario.Clients).Select(index => new SimulatedHost(run, index, Service, Configure)));

    private void Configure(IServiceCollection services, Random random)
    {
        if (create is not null)
        {
            services.AddSingleton(new KnownBalancer(Name));
            services.AddSingleton(new LoadBalancerRegistration(Name, _ => create(random)));
        }

        services.Configure<MeshOptions>(options =>
        {
            options.Defaults.LoadBalancing.Policy = Name;
            options.Defaults.LoadBalancing.SlowStart = TimeSpan.Zero;
            options.Defaults.OutlierDetection.Enabled = false;
            options.Defaults.Zone.Enabled = false;
            options.Defaults.Subsetting.Enabled = false;
            options.Defaults.CircuitBreaker.ConsecutiveFailures = Never;
            options.Defaults.CircuitBreaker.MinimumThroughput = Never;
        });
    }

    private sealed class Sender : DirectSender
    {
        private readonly SimulatedHost[] _hosts;
        private readonly EndpointSet[] _sets;
        private readonly MeshCall[] _calls;

        public Sender(SimulationRun run, IEnumerable<SimulatedHost> hosts)
            : base(run)
        {
            _hosts = [.. hosts];
            _sets = [.. _hosts.Select(static host => host.Resolve())];

            // One call stands for all of a client's: pickers read of a first attempt when it began.
            _calls = [.. _sets.Select(set => new MeshCall(new HttpRequestMessage(HttpMethod.Get, $"http://{Service}/"), run.Time.Now) { Set = set, Policy = set.Service.PolicyOf("") })];
        }

        public override void Dispose() => Array.ForEach(_hosts, static host => host.Dispose());

        protected override int? Choose(Flight flight)
        {
            var call = _calls[flight.Client];
            call.AttemptStarted = flight.Started;
            if (flight.Key is { } key)
            {
                call.Request.SetMeshHashKey(key);
            }

            if (!_sets[flight.Client].TryPick(call, out var ticket, out _))
            {
                return null;
            }

            flight.Ticket = ticket;
            ticket.Endpoint.Load.Begin(flight.Started);
            return SimulatedHost.IndexOf(ticket.Endpoint.Address);
        }

        protected override void Settle(Flight flight, double elapsed, long now)
        {
            _sets[flight.Client].Settle(flight.Ticket, flight.Reason, TimeSpan.Zero, elapsed, now);
            flight.Ticket.Endpoint.Load.End();
        }
    }
}
