using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Scenarios.Tests.Races;

/// <summary>Callers who cancel at every point of a call.</summary>
public class CancellationRaces
{
    private const int Permits = 16;

    [Fact]
    public async Task R03_WhenCallsAreCancelledAnywhere_EveryCounterReturnsToZero()
    {
        var calls = ScenarioLength.Of(3000, 100_000);
        const int concurrent = 24;
        using var transport = new ScriptedTransport();
        await using var run = new ScenarioRun([new Uri("http://127.0.0.1:1"), new Uri("http://127.0.0.1:2"), new Uri("http://127.0.0.1:3")], new ScenarioSettings
        {
            More = { ["Bulkhead:MaxConcurrency"] = "16", ["Bulkhead:MaxQueue"] = "4", ["Retry:Backoff"] = "00:00:00.002", ["Retry:Budget:Ratio"] = "1" },
            Client = client => client.UseTransport(transport),
        });
        var random = new Random(20240607);
        transport.Answer((request, token) => AnswerAsync(Draw(random), token));

        for (var done = 0; done < calls; done += concurrent)
        {
            await Task.WhenAll(Enumerable.Range(0, concurrent).Select(_ => Task.Run(async () =>
            {
                using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(Draw(random) * 6));
                await run.GetAsync(cancellationToken: cancellation.Token);
            }))).WithinHangLimit();
        }

        await run.AssertInvariantsAsync([]);
        Assert.Contains(run.Calls, call => call.Succeeded);
        Assert.Contains(run.Calls, call => call.Error is OperationCanceledException);
        Assert.Equal(0, transport.InFlight);
        Assert.Equal(0, MeshState.ServiceOf(run.Host).Bulkhead.InUse);
    }

    [Fact]
    public async Task R03_WhenACallerCancels_TheExceptionCarriesTheCallersToken()
    {
        using var transport = new ScriptedTransport();
        await using var run = new ScenarioRun([new Uri("http://127.0.0.1:1")], new ScenarioSettings { Client = client => client.UseTransport(transport) });
        using var invoker = HandlerChains.NewChain(run.Host, ScenarioRun.Service);
        using var cancellation = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{ScenarioRun.Service}/");

        var call = invoker.SendAsync(request, cancellation.Token);
        await transport.NextAsync();
        await cancellation.CancelAsync();

        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WithinHangLimit());
        Assert.Equal(cancellation.Token, exception.CancellationToken);
        await run.AssertInvariantsAsync([]);
    }

    [Fact]
    public async Task R09_WhenManyCallsShareALongLivedToken_NothingStaysRegisteredWithIt()
    {
        // The real clock: what has ended waits for a sweep, which on the patient one may be long in coming while other tests keep the machine busy.
        using var transport = new ForgetfulTransport();
        await using var run = new ScenarioRun([new Uri("http://127.0.0.1:1")], ScenarioSettings.Unhurried with
        {
            Services = static services => services.AddSingleton(TimeProvider.System),
            Client = client => client.UseTransport(transport),
        });
        using var lifetime = new CancellationTokenSource();

        var requests = await SendManyAsync(run.Client, ScenarioLength.Of(200, 1_000_000), lifetime.Token);

        // A registration that was left behind would hold its call, and the call its request.
        await Eventually.BecomesTrueAfterCollectionAsync(() => requests.Count(request => request.IsAlive) <= 1);
        Assert.False(lifetime.IsCancellationRequested);
    }

    private static async ValueTask<HttpResponseMessage> AnswerAsync(double draw, CancellationToken cancellationToken)
    {
        if (draw > 0.2)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(draw * 4), TimeProvider.System, cancellationToken);
        }

        return draw switch
        {
            > 0.95 => throw TransportErrors.Refused(),
            > 0.9 => throw TransportErrors.Reset(),
            > 0.8 => ScriptedTransport.Response(503),
            > 0.6 => ScriptedTransport.Response(200, ScriptedBody.Of("streamed ").ThenPause(TimeSpan.FromMilliseconds(1), TimeProvider.System).Then("body").WithoutLength()),
            _ => ScriptedTransport.Response(200, "ok"),
        };
    }

    private static double Draw(Random random)
    {
        lock (random)
        {
            return random.NextDouble();
        }
    }

    private static async Task<List<WeakReference>> SendManyAsync(HttpClient client, int calls, CancellationToken cancellationToken)
    {
        const int watched = 200;
        var requests = new List<WeakReference>();
        for (var call = 0; call < calls; call++)
        {
            var request = await SendOneAsync(client, cancellationToken);
            if (call % (calls / watched) == 0)
            {
                requests.Add(request);
            }
        }

        return requests;
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> SendOneAsync(HttpClient client, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        await response.Content.ReadAsStringAsync(cancellationToken);
        return new WeakReference(request);
    }

    /// <summary>Answers and keeps nothing, unlike the scripted transport.</summary>
    private sealed class ForgetfulTransport : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await Task.Yield();
            return ScriptedTransport.Response(200, ScriptedBody.Of("ok").WithoutLength());
        }
    }
}
