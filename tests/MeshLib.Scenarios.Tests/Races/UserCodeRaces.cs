using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Scenarios.Tests.Races;

/// <summary>The application's own code inside a call: listeners that throw, balancers that call, hosts that go away.</summary>
public class UserCodeRaces
{
    private static readonly int s_calls = ScenarioLength.Of(10, 10_000);
    private static readonly Uri[] s_endpoints = [new("http://127.0.0.1:1"), new("http://127.0.0.1:2")];

    [Fact]
    public async Task R14_WhenAMetricsListenerThrows_CallsAreUnaffected()
    {
        using var transport = new ScriptedTransport();
        transport.AnswerWith(200, "ok");
        await using var run = new ScenarioRun(s_endpoints, new ScenarioSettings { Client = client => client.UseTransport(transport) });
        var factory = run.Host.GetRequiredService<IMeterFactory>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, factory) && instrument.Meter.Name == "MeshLib")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>(static (_, _, _, _) => throw new InvalidOperationException("A listener's own fault."));
        listener.SetMeasurementEventCallback<long>(static (_, _, _, _) => throw new InvalidOperationException("A listener's own fault."));
        listener.Start();

        for (var number = 0; number < s_calls; number++)
        {
            var call = await run.GetAsync();
            Assert.True(call.Succeeded, call.ToString());
        }

        Assert.Equal(0, MeshState.ServiceOf(run.Host).Bulkhead.InUse);
        Assert.All(MeshState.EndpointsOf(run.Host), endpoint => Assert.Equal(0, endpoint.InFlight));
    }

    [Fact]
    public async Task R14_WhenAnActivityListenerThrows_NothingLeaks()
    {
        using var transport = new ScriptedTransport();
        transport.AnswerWith(200, "ok");
        await using var run = new ScenarioRun(s_endpoints, new ScenarioSettings { Client = client => client.UseTransport(transport) });
        using var recorder = new ActivityRecorder();
        var root = recorder.Root.TraceId;
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "MeshLib",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (activity.TraceId == root)
                {
                    throw new InvalidOperationException("A listener's own fault.");
                }
            },
        };
        ActivitySource.AddActivityListener(listener);

        for (var number = 0; number < s_calls; number++)
        {
            await run.GetAsync();
        }

        Assert.Equal(0, MeshState.ServiceOf(run.Host).Bulkhead.InUse);
        Assert.Equal(0, run.ActiveRequests);
        Assert.All(MeshState.EndpointsOf(run.Host), endpoint => Assert.Equal(0, endpoint.InFlight));
    }

    [Fact]
    public async Task R15_WhenABalancerCallsThroughTheMesh_NothingDeadlocks()
    {
        using var transport = new ScriptedTransport();
        var number = 0;
        transport.Answer(_ => ScriptedTransport.Response(Interlocked.Increment(ref number) % 3 == 0 ? 503 : 200, "ok"));
        await using var run = new ScenarioRun(s_endpoints, new ScenarioSettings
        {
            More = { ["LoadBalancing:Policy"] = "Calling", ["CircuitBreaker:ConsecutiveFailures"] = "2" },
            Services = services => services.AddMesh().AddLoadBalancer<CallingBalancer>("Calling"),
            Client = client => client.UseTransport(transport),
        });

        for (var done = 0; done < s_calls; done += 20)
        {
            await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => run.GetAsync()))).WithinHangLimit(TimeSpan.FromSeconds(10));
        }

        Assert.Contains(run.Calls, call => call.Succeeded);
        await run.AssertInvariantsAsync([]);
    }

    [Fact]
    public Task R01_WhenTheHostIsDisposedTwiceUnderCalls_TheyEndAndNothingThrows() => Rounds.RunAsync(scaled: 20, async () =>
    {
        using var transport = new ScriptedTransport();
        var run = new ScenarioRun(s_endpoints, new ScenarioSettings { Client = client => client.UseTransport(transport) });
        var calls = Enumerable.Range(0, 8).Select(_ => run.GetAsync()).ToList();
        var exchanges = new List<ScriptedExchange>();
        foreach (var _ in calls)
        {
            exchanges.Add(await transport.NextAsync());
        }

        var services = run.Host.GetRequiredService<MeshServices>();
        await Task.WhenAll(
            Task.Run(() => services.DisposeAsync().AsTask()),
            Task.Run(services.Dispose),
            Task.Run(() => run.DisposeAsync().AsTask()),
            Task.Run(() => services.DisposeAsync().AsTask())).WithinHangLimit();
        exchanges.ForEach(exchange => exchange.Respond(200, "ok"));

        // Disposing the client cancels what it has under way; nothing else may be the reason.
        Assert.All(
            await Task.WhenAll(calls).WithinHangLimit(),
            call => Assert.True(call.Succeeded || call.Error is OperationCanceledException, call.ToString()));
    });

    [Fact]
    public async Task R01_WhenAHandlerIsDisposedUnderACall_TheCallEndsAndTheNextIsRefused()
    {
        using var transport = new ScriptedTransport();
        await using var run = new ScenarioRun(s_endpoints, new ScenarioSettings { Client = client => client.UseTransport(transport) });
        using var handler = run.Host.GetRequiredService<IMeshHandlerFactory>().CreateHandler(transport);
        using var client = new HttpClient(handler, disposeHandler: false) { BaseAddress = new Uri($"http://{ScenarioRun.Service}") };
        var call = client.GetStringAsync("/");
        var exchange = await transport.NextAsync();

        Parallel.For(0, 4, _ => handler.Dispose());
        exchange.Respond(200, "ok");

        Assert.Equal("ok", await call.WithinHangLimit());
        await run.AssertInvariantsAsync([]);
    }

    /// <summary>A user's balancer that makes a call of its own while it picks.</summary>
    private sealed class CallingBalancer(IHttpClientFactory clients) : LoadBalancer
    {
        public override EndpointPicker CreatePicker(IReadOnlyList<MeshEndpoint> endpoints) => new Picker(clients, endpoints);

        private sealed class Picker(IHttpClientFactory clients, IReadOnlyList<MeshEndpoint> endpoints) : EndpointPicker
        {
            private static readonly AsyncLocal<bool> s_inside = new();

            private int _next;

            public override MeshEndpoint? Pick(MeshCall call)
            {
                if (!s_inside.Value)
                {
                    s_inside.Value = true;
                    try
                    {
                        using var client = clients.CreateClient(ScenarioRun.Service);
                        Task.Run(() => client.GetAsync("/")).GetAwaiter().GetResult().Dispose();
                    }
                    finally
                    {
                        s_inside.Value = false;
                    }
                }

                return endpoints.Count == 0 ? null : endpoints[(int)((uint)Interlocked.Increment(ref _next) % (uint)endpoints.Count)];
            }
        }
    }
}
