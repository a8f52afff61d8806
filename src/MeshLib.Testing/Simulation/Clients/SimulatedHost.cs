using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib.Testing.Simulation;

/// <summary>The host of one client: a mesh whose time, chance and threads are those of the run, and whose only registry is the scenario.</summary>
internal sealed class SimulatedHost : IDisposable
{
    // In the name and not in the port, because health checks may be made at another one.
    private const string NameOfServer = "server-";

    private readonly SimulationRun _run;
    private readonly string _service;
    private readonly ServiceProvider _provider;

    public SimulatedHost(SimulationRun run, int index, string service, Action<IServiceCollection, Random> configure)
    {
        _run = run;
        _service = service;
        var random = run.Seed.Stream("client", index);
        var services = new ServiceCollection();
        services.AddSingleton<MeshIsolation>();
        services.AddSingleton<TimeProvider>(run.Time);
        services.AddSingleton(random);
        services.AddSingleton(new MeshEnvironment(new MonotonicClock(run.Time), random) { Background = run.Time.Background, Processors = 1 });
        services.AddSingleton<IServiceEndpointProviderFactory>(new Registry(service, run.Scenario.Servers));
        services.AddSingleton(new HealthCheckTransport(new SimulatedNetwork(run, (_, server) => run.Fleet.Check(server)), run.Time));
        configure(services, random);
        services.AddMesh(options => _ = options.Services[service]);
        _provider = services.BuildServiceProvider();
    }

    public IServiceProvider Services => _provider;

    /// <summary>Which of the scenario's servers an address is.</summary>
    public static int IndexOf(Uri address) => int.Parse(address.Host.AsSpan(NameOfServer.Length), CultureInfo.InvariantCulture) - 1;

    /// <summary>The service's endpoints, known.</summary>
    public EndpointSet Resolve()
    {
        var set = _provider.GetRequiredService<MeshServices>().Find(new EndpointSetKey(Uri.UriSchemeHttp, _service, -1))!;
        _run.Time.AdvanceTo(_run.Time.Elapsed);
        return set;
    }

    public void Dispose() => _provider.Dispose();

    private sealed class Registry(string service, IReadOnlyList<SimulatedServer> servers) : IServiceEndpointProviderFactory, IServiceEndpointProvider
    {
        public bool TryCreateProvider(ServiceEndpointQuery query, [NotNullWhen(true)] out IServiceEndpointProvider? provider)
        {
            provider = query.EndpointName is null && query.ServiceName.Equals(service, StringComparison.OrdinalIgnoreCase) ? this : null;
            return provider is not null;
        }

        public ValueTask PopulateAsync(IServiceEndpointBuilder endpoints, CancellationToken cancellationToken)
        {
            for (var i = 0; i < servers.Count; i++)
            {
                var endpoint = ServiceEndpoint.Create(new UriEndPoint(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://{NameOfServer}{i + 1}"))));
                endpoint.Features.Set(new EndpointMetadata { Weight = servers[i].Weight, Zone = servers[i].Zone });
                endpoints.Endpoints.Add(endpoint);
            }

            endpoints.AddChangeToken(NeverChanges.Token);
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
