using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib.Scenarios.Tests.Lifecycle;

/// <summary>Hosts that come and go in one process, as in tests and plugins. Alone in it, because the heap is looked at.</summary>
[Collection(ProcessWideDefinition.Name)]
public class HostScenarios
{
    [Fact]
    public async Task L07_WhenHostsAreBuiltAndDisposedManyTimes_NothingOfThemLivesOn()
    {
        var clock = new CountingTimeProvider(TimeProvider.System);
        var source = new ManualEndpointSource();
        source.Publish(ScenarioRun.Service, "http://127.0.0.1:1");
        var rounds = ScenarioLength.Of(50, 1000);
        var hosts = new List<WeakReference>(rounds);
        await LiveOnceAsync(clock, source);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        for (var round = 0; round < rounds; round++)
        {
            hosts.Add(await LiveOnceAsync(clock, source));
        }

        await Eventually.EqualsAsync(0, () => source.LiveProviders);
        await Eventually.EqualsAsync(0, () => clock.LiveTimers);
        await Eventually.BecomesTrueAfterCollectionAsync(() => hosts.Count(host => host.IsAlive) <= 1);
        await Eventually.BecomesTrueAfterCollectionAsync(() => GC.GetTotalMemory(forceFullCollection: true) <= before + (1024 * 1024));
    }

    [Fact]
    public async Task L15_WhenTheUserSetsHttpClientTimeout_ItIsTheCallsTimeoutAndIsHonoured()
    {
        var clock = new OddClock();
        using var transport = new ScriptedTransport();
        await using var run = new ScenarioRun([new Uri("http://127.0.0.1:1")], new ScenarioSettings
        {
            More = { ["Timeout"] = null, ["AttemptTimeout"] = null },
            Services = services => services.AddSingleton<TimeProvider>(clock),
            Client = client => client.UseTransport(transport).ConfigureHttpClient(http => http.Timeout = TimeSpan.FromSeconds(150)),
        });

        var call = run.PostAsync();
        await transport.NextAsync();
        clock.Advance(TimeSpan.FromSeconds(149));
        await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        Assert.False(call.IsCompleted, "Cut before the user's own timeout.");

        await clock.AdvanceUntilEndedAsync(call, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));

        Assert.Equal(OutcomeReason.Timeout, Assert.IsType<DeadlineExceededException>((await call).Error).Reason);
        Assert.Equal(Timeout.InfiniteTimeSpan, run.Client.Timeout);
    }

    // Not inlined and not part of the test's own state machine, so that nothing on its stack keeps the host alive.
    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> LiveOnceAsync(TimeProvider clock, ManualEndpointSource source)
    {
        using var transport = new ScriptedTransport();
        transport.AnswerWith(200);
        await using var run = new ScenarioRun([], new ScenarioSettings
        {
            Services = services => services.AddSingleton(clock).AddSingleton<IServiceEndpointProviderFactory>(source),

            // The factory itself keeps a chain alive by a timer of its own for the lifetime of its handlers.
            Client = client => client.UseTransport(transport).SetHandlerLifetime(Timeout.InfiniteTimeSpan),
        });
        Assert.True((await run.GetAsync()).Succeeded);
        return new WeakReference(run.Host.GetRequiredService<MeshServices>());
    }
}
