using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Testing.Simulation;

/// <summary>The whole mesh, by an <see cref="HttpClient"/> of a host.</summary>
internal sealed class MeshedClient(string name, string service, IConfiguration? configuration, Action<IMeshBuilder>? configure) : SimulatedClient(name)
{
    private static readonly HttpRequestOptionsKey<double> Work = new("MeshLib.Simulation.Work");

    internal override RequestSender CreateSender(SimulationRun run) => new Sender(run, service, [.. Enumerable.Range(0, run.Scenario.Clients).Select(index => CreateHost(run, index))]);

    private SimulatedHost CreateHost(SimulationRun run, int index) => new(run, index, service, (services, _) =>
    {
        if (configuration is not null)
        {
            services.AddSingleton(configuration);
        }

        configure?.Invoke(services.AddMesh(options => options.Defaults.Timeout = run.Scenario.GiveUpAfter));
        services.AddMeshClient(service).ConfigurePrimaryHttpMessageHandler(() => new SimulatedNetwork(run, (request, server) => run.Fleet.Send(server, WorkOf(request)))).RemoveAllLoggers();
    });

    private static double WorkOf(HttpRequestMessage request) => request.Options.TryGetValue(Work, out var work)
        ? work
        : throw new InvalidOperationException($"A request for {request.RequestUri} that is none of the simulation's.");

    private sealed class Sender : RequestSender
    {
        private readonly SimulationRun _run;
        private readonly SimulatedHost[] _hosts;
        private readonly HttpClient[] _clients;
        private readonly Uri _address;
        private Exception? _fault;

        public Sender(SimulationRun run, string service, SimulatedHost[] hosts)
        {
            _run = run;
            _hosts = hosts;
            _address = new Uri($"http://{service}/");
            Array.ForEach(hosts, static host => host.Resolve());
            _clients = [.. hosts.Select(host => host.Services.GetRequiredService<IHttpClientFactory>().CreateClient(service))];
        }

        public override void Send(in SimulatedRequest request) => _ = CallAsync(_clients[request.Client], request.Work, request.Key);

        public override void Verify()
        {
            if (_fault is { } fault)
            {
                throw new InvalidOperationException("A call ended in a way that no caller expects.", fault);
            }
        }

        public override void Dispose()
        {
            Array.ForEach(_clients, static client => client.Dispose());
            Array.ForEach(_hosts, static host => host.Dispose());
        }

        private async Task CallAsync(HttpClient client, double work, string? key)
        {
            var started = _run.Time.Now;
            var answered = false;
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, _address);
                request.Options.Set(Work, work);
                if (key is not null)
                {
                    request.SetMeshHashKey(key);
                }

                using var response = await client.SendAsync(request).ConfigureAwait(false);
                answered = response.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                // Refused, rejected or out of time: no answer.
            }
#pragma warning disable CA1031 // It ends the run, where it can be seen.
            catch (Exception fault)
#pragma warning restore CA1031
            {
                _fault ??= fault;
            }

            try
            {
                _run.Recorder.End(started, answered);
            }
#pragma warning disable CA1031 // As above.
            catch (Exception fault)
#pragma warning restore CA1031
            {
                _fault ??= fault;
            }
        }
    }
}
