using MeshLib.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using static MeshLib.Consul.Tests.TestConsul;

namespace MeshLib.Consul.Tests;

/// <summary>The watches of a host together.</summary>
public class WatchRegistryTests
{
    [Fact]
    [Trait("Scenario", "D24")]
    public async Task Acquire_ByAThousandAtOnce_AsksConsulOnce()
    {
        await using var consul = new ScriptedConsul(new ScriptedConsulCatalog().AnswerAsync);
        await using var registry = Registry(consul);
        using var impatient = new CancellationTokenSource();
        var calls = Enumerable.Range(0, 1000).Select(i => Task.Run(async () =>
        {
            using var handle = registry.Acquire(new HealthQuery("orders"));
            if (i % 10 == 0)
            {
                await impatient.CancelAsync();
                await handle.Watch.WaitForFirstAnswerAsync(impatient.Token).AsTask().ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
            else
            {
                Assert.NotNull(await handle.Watch.WaitForFirstAnswerAsync(CancellationToken.None));
            }
        }));
        await Task.WhenAll(calls).WithinHangLimit();

        Assert.Equal(1, registry.Count);
        Assert.Single(consul.Requests, request => request.Index == 0);
    }

    [Fact]
    [Trait("Scenario", "D26")]
    public async Task Acquire_OfAHundredServices_HoldsOneConnectionForEach()
    {
        var catalog = new ScriptedConsulCatalog();
        await using var consul = new ScriptedConsul(catalog.AnswerAsync);
        await using var registry = Registry(consul);
        var handles = Enumerable.Range(0, 100).Select(i => registry.Acquire(new HealthQuery($"s{i}"))).ToList();
        foreach (var handle in handles)
        {
            await handle.Watch.WaitForFirstAnswerAsync(TestContext.Current.CancellationToken);
        }

        await UntilAsync(() => consul.InFlight == 100);
        Assert.InRange(consul.MostInFlight, 100, 110);
    }

    [Fact]
    [Trait("Scenario", "R10")]
    public async Task Dispose_EndsEveryRequestAtOnceAndStartsNoWatchAfterwards()
    {
        await using var consul = new ScriptedConsul(new ScriptedConsulCatalog().AnswerAsync);
        var registry = Registry(consul);
        for (var i = 0; i < 20; i++)
        {
            registry.Acquire(new HealthQuery($"s{i}"));
        }

        await UntilAsync(() => consul.InFlight == 20);
        await registry.DisposeAsync();
        await UntilAsync(() => consul.InFlight == 0);
        registry.Dispose();

        Assert.Throws<ObjectDisposedException>(() => registry.Acquire(new HealthQuery("late")));
    }

    [Fact]
    [Trait("Scenario", "D26")]
    public void AWatchWithoutUsers_IsEndedAfterAMinuteAndNotWhileAnyoneUsesIt()
    {
        var time = new FakeTimeProvider();
        using var registry = Registry(time, out _);
        var first = registry.Acquire(new HealthQuery("orders"));
        var second = registry.Acquire(new HealthQuery("orders"));
        first.Dispose();
        first.Dispose();
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(1, registry.Count);

        second.Dispose();
        time.Advance(TimeSpan.FromSeconds(45));
        Assert.Equal(1, registry.Count);
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(0, registry.Count);
    }

    [Fact]
    [Trait("Scenario", "S29")]
    public void Acquire_BeyondTheLimit_TakesThePlaceOfAnIdleWatchOrFailsNamingTheOption()
    {
        using var registry = Registry(new FakeTimeProvider(), out _, options => options.MaxWatches = 2);
        var first = registry.Acquire(new HealthQuery("a"));
        registry.Acquire(new HealthQuery("b"));
        Assert.Contains("Mesh:Consul:MaxWatches", Assert.Throws<ConsulException>(() => registry.Acquire(new HealthQuery("c"))).Message, StringComparison.Ordinal);

        first.Dispose();
        registry.Acquire(new HealthQuery("c"));
        Assert.Equal(2, registry.Count);
    }

    [Fact]
    [Trait("Scenario", "D25")]
    public async Task TwoHundredWatches_WhenConsulComesBack_AskEvenlyOverTheCycle()
    {
        var time = new FakeTimeProvider();
        var away = true;
        var answeredAt = new List<TimeSpan>();
        var startedAt = time.GetTimestamp();
        SynchronizationContext.SetSynchronizationContext(null);
        using var end = new CancellationTokenSource();
        var context = Context(time, new ScriptedConsulHandler((request, token) =>
        {
            if (away)
            {
                throw new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused");
            }

            if (request.Index > 0)
            {
                return ScriptedConsulHandler.HangAsync(token);
            }

            answeredAt.Add(time.GetElapsedTime(startedAt));
            return Task.FromResult(ScriptedConsulHandler.Json("[]", 42));
        }));
        var slot = 0.0;
        var loops = Enumerable.Range(0, 200).Select(i => new ServiceWatch(new HealthQuery($"s{i}"), context, slot = (slot + 0.6180339887498949) % 1).RunAsync(end.Token)).ToArray();
        Advance(time, 30);
        away = false;
        Advance(time, 6);
        await end.CancelAsync();
        await Task.WhenAll(loops).WithinHangLimit();

        Assert.Equal(200, answeredAt.Count);
        Assert.All(answeredAt, at => Assert.InRange(answeredAt.Count(other => other >= at && other < at + TimeSpan.FromSeconds(1)), 1, 40));
    }

    private static void Advance(FakeTimeProvider time, int seconds)
    {
        for (var i = 0; i < seconds * 50; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(20));
        }
    }

    private static WatchRegistry Registry(ScriptedConsul consul)
    {
        var options = Options(o => o.Address = consul.Address);
        return new WatchRegistry(new WatchContext(Client(consul), options, TimeProvider.System, new Random(5), Signals()));
    }

    private static WatchRegistry Registry(FakeTimeProvider time, out ScriptedConsulHandler consul, Action<ConsulOptions>? configure = null)
    {
        consul = new ScriptedConsulHandler((_, token) => ScriptedConsulHandler.HangAsync(token));
        return new WatchRegistry(Context(time, consul, configure));
    }

    private static WatchContext Context(FakeTimeProvider time, ScriptedConsulHandler consul, Action<ConsulOptions>? configure = null)
    {
        var options = Options(configure);
        return new WatchContext(new ConsulClient(new ConsulTransport(options, time, _ => consul), options), options, time, new Random(5), Signals());
    }

    private static WatchSignals Signals() => new(Logger<ServiceWatch>(new CapturedLogs()), DiscoveryServices().GetRequiredService<ConsulMetrics>());
}
