using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib.Scenarios.Tests.Races;

/// <summary>Calls against a list of endpoints that moves, or has not come yet.</summary>
public class DiscoveryRaces
{
    [Fact]
    public async Task R04_WhenTheListIsSwappedUnderThePickers_EveryAttemptGoesToAnEndpointThatWasPublished()
    {
        const int pickers = 16;
        var swaps = ScenarioLength.Of(1000, 10_000);
        var source = new ManualEndpointSource();
        using var transport = new ScriptedTransport();
        var seen = new ConcurrentDictionary<string, bool>();
        transport.Answer(request =>
        {
            seen.TryAdd(request.Endpoint, true);
            return ScriptedTransport.Response(200, "ok");
        });
        await using var run = NewRun(source, transport);
        var random = new Random(7);
        source.PublishAll(ScenarioRun.Service, ["http://127.0.0.1:1"]);
        var stopped = false;

        var callers = Enumerable.Range(0, pickers).Select(_ => Task.Run(async () =>
        {
            while (!Volatile.Read(ref stopped))
            {
                var call = await run.GetAsync();
                Assert.True(call.Succeeded, call.ToString());
            }
        })).ToList();
        for (var swap = 0; swap < swaps; swap++)
        {
            var first = random.Next(1, 50);
            source.PublishAll(ScenarioRun.Service, Enumerable.Range(first, random.Next(1, 10)).Select(port => $"http://127.0.0.1:{port}"));
            await Task.Yield();
        }

        await Eventually.BecomesTrueAsync(() => run.Calls.Count > 1000);
        Volatile.Write(ref stopped, true);
        await Task.WhenAll(callers).WithinHangLimit();

        Assert.All(seen.Keys, endpoint => Assert.InRange(new Uri(endpoint).Port, 1, 60));
        await run.AssertInvariantsAsync([]);
        Assert.Equal(1, source.LiveProviders);
    }

    [Fact]
    public Task R10_WhenTheHostIsDisposedWhileItsWatchRestarts_NoWatchIsLeftAndNoneBegins() => Rounds.RunAsync(scaled: 20, async () =>
    {
        var source = new ManualEndpointSource();
        using var transport = new ScriptedTransport();
        transport.AnswerWith(200, "ok");
        source.Publish(ScenarioRun.Service, "http://127.0.0.1:1");
        var run = NewRun(source, transport);
        Assert.True((await run.GetAsync()).Succeeded);

        await Task.WhenAll(
            Task.Run(() =>
            {
                source.Fail(ScenarioRun.Service, new IOException("The registry is away."));
                source.Publish(ScenarioRun.Service, "http://127.0.0.1:2");
            }),
            Task.Run(() => run.GetAsync()),
            Task.Run(() => run.DisposeAsync().AsTask())).WithinHangLimit();
        await Eventually.EqualsAsync(0, () => source.LiveProviders, TimeSpan.FromSeconds(1));

        var populates = source.PopulatesOf(ScenarioRun.Service);
        source.Signal(ScenarioRun.Service);
        Assert.Equal(populates, source.PopulatesOf(ScenarioRun.Service));
        Assert.Equal(1, source.CreatedProviders);
    });

    [Fact]
    public Task R12_WhenTheFirstOfManyWaitersCancels_TheOthersGetTheOneAnswer() => Rounds.RunAsync(scaled: 3, async () =>
    {
        var source = new ManualEndpointSource();
        using var transport = new ScriptedTransport();
        transport.AnswerWith(200, "ok");
        await using var run = NewRun(source, transport, more: new() { ["Bulkhead:MaxConcurrency"] = "100" });
        source.Hang(ScenarioRun.Service);
        using var cancellation = new CancellationTokenSource();

        var first = run.GetAsync(cancellationToken: cancellation.Token);
        await Eventually.EqualsAsync(1, () => source.HangingPopulatesOf(ScenarioRun.Service));
        var others = Enumerable.Range(0, 99).Select(_ => run.GetAsync()).ToList();
        await cancellation.CancelAsync();
        Assert.IsAssignableFrom<OperationCanceledException>((await first.WithinHangLimit()).Error);
        source.Publish(ScenarioRun.Service, "http://127.0.0.1:1");

        Assert.All(await Task.WhenAll(others).WithinHangLimit(), call => Assert.True(call.Succeeded, call.ToString()));
        Assert.Equal(1, source.PopulatesOf(ScenarioRun.Service));
        Assert.Equal(1, source.CreatedProviders);
        await run.AssertCallsAsync([]);
    });

    [Fact]
    public Task R13_WhenARefreshThrows_TheLastListServesAndTheNextRefreshHappens() => Rounds.RunAsync(scaled: 1, async () =>
    {
        var source = new ManualEndpointSource();
        var clock = new OddClock();
        using var transport = new ScriptedTransport();
        transport.AnswerWith(200, "ok");
        source.PushesChanges = false;
        source.Publish(ScenarioRun.Service, "http://127.0.0.1:1");
        await using var run = NewRun(source, transport, clock);
        Assert.True((await run.GetAsync()).Succeeded);

        source.Fail(ScenarioRun.Service, new IOException("The registry is away."));
        var populates = source.PopulatesOf(ScenarioRun.Service);
        await clock.AdvanceUntilAsync(() => source.PopulatesOf(ScenarioRun.Service) >= populates + 3, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(30));
        Assert.True((await run.GetAsync()).Succeeded);

        source.Publish(ScenarioRun.Service, "http://127.0.0.1:2");
        await clock.AdvanceUntilAsync(() => MeshState.EndpointsOf(run.Host).Any(endpoint => endpoint.Address.Port == 2), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(30));
        Assert.True((await run.GetAsync()).Succeeded);
        Assert.Equal(1, transport.AttemptsTo("http://127.0.0.1:2"));
        await run.AssertCallsAsync([]);
    });

    [Fact]
    public Task R13_WhenARefreshHangs_NoSecondOneOverlapsItAndCallsGoOn() => Rounds.RunAsync(scaled: 1, async () =>
    {
        var source = new ManualEndpointSource();
        var clock = new OddClock();
        using var transport = new ScriptedTransport();
        transport.AnswerWith(200, "ok");
        source.Publish(ScenarioRun.Service, "http://127.0.0.1:1");
        await using var run = NewRun(source, transport, clock);
        Assert.True((await run.GetAsync()).Succeeded);

        source.Hang(ScenarioRun.Service);
        source.Signal(ScenarioRun.Service);
        source.Hang(ScenarioRun.Service);
        source.Signal(ScenarioRun.Service);
        for (var step = 0; step < 10; step++)
        {
            clock.Advance(TimeSpan.FromSeconds(30));
            Assert.InRange(source.HangingPopulatesOf(ScenarioRun.Service), 0, 1);
            Assert.True((await run.GetAsync()).Succeeded);
        }

        await run.AssertCallsAsync([]);
    });

    private static ScenarioRun NewRun(ManualEndpointSource source, HttpMessageHandler transport, TimeProvider? clock = null, Dictionary<string, string?>? more = null) => new([], new ScenarioSettings
    {
        Timeout = TimeSpan.FromSeconds(15),
        AttemptTimeout = TimeSpan.FromSeconds(10),
        More = more ?? [],
        Services = services =>
        {
            services.AddSingleton<IServiceEndpointProviderFactory>(source);
            if (clock is not null)
            {
                services.AddSingleton(clock);
            }
        },
        Client = client => client.UseTransport(transport),
    });
}
