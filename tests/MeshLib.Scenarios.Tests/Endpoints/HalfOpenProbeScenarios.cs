using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Scenarios.Tests.Endpoints;

/// <summary>E15: what an endpoint's breaker does with its probes, on virtual time.</summary>
public sealed class HalfOpenProbeScenarios : IAsyncDisposable
{
    private static readonly TimeSpan s_longEnough = TimeSpan.FromSeconds(3);

    private readonly OddClock _clock = new();
    private readonly ScriptedTransport _transport = new();
    private readonly ScenarioRun _run;

    public HalfOpenProbeScenarios() => _run = new ScenarioRun([new Uri("http://127.0.0.1:1")], new ScenarioSettings
    {
        More = { ["Bulkhead:MaxConcurrency"] = "2000", ["CircuitBreaker:MaxBreakDuration"] = "00:00:01" },
        Services = services => services.AddSingleton<TimeProvider>(_clock),
        Client = client => client.UseTransport(_transport),
    });

    [Fact]
    public async Task E15_WhenAThousandCallersMeetAHalfOpenBreaker_OneOfThemIsTheProbe()
    {
        await OpenBreakerAsync();
        _clock.Advance(s_longEnough);

        var calls = Enumerable.Range(0, 1000).Select(_ => Task.Run(() => _run.PostAsync())).ToList();
        var probe = await _transport.NextAsync();
        await Eventually.EqualsAsync(999, () => calls.Count(call => call.IsCompleted));
        Assert.False(_transport.TryNext(out _));
        probe.Respond(200);
        var results = await Task.WhenAll(calls).WithinHangLimit();

        Assert.Single(results, result => result.Succeeded);
        Assert.Equal(999, results.Count(result => result.Error is NoEndpointAvailableException));
        _transport.AnswerWith(200);
        Assert.True((await _run.GetAsync()).Succeeded);
    }

    [Fact]
    public async Task E15_WhenProbesAreCancelledAHundredTimes_TheBreakerIsNeverStuck()
    {
        await OpenBreakerAsync();
        for (var round = 0; round < 100; round++)
        {
            _clock.Advance(s_longEnough);
            using var impatience = new CancellationTokenSource();
            var call = _run.GetAsync(cancellationToken: impatience.Token);
            await _transport.NextAsync();
            await impatience.CancelAsync();

            Assert.IsAssignableFrom<OperationCanceledException>((await call.WithinHangLimit()).Error);
            Assert.Equal(0, _transport.InFlight);
        }

        // A cancelled probe proves nothing: the breaker is still not closed, and the next probe can close it.
        _clock.Advance(s_longEnough);
        var healing = _run.GetAsync();
        var probe = await _transport.NextAsync();
        Assert.IsType<NoEndpointAvailableException>((await _run.GetAsync()).Error);
        probe.Respond(200);
        Assert.True((await healing).Succeeded);
    }

    public async ValueTask DisposeAsync()
    {
        await _run.AssertInvariantsAsync([]);
        await _run.DisposeAsync();
    }

    private async Task OpenBreakerAsync()
    {
        _transport.AnswerWith(503);
        for (var call = 0; call < 5; call++)
        {
            await _run.PostAsync();
        }

        Assert.IsType<NoEndpointAvailableException>((await _run.PostAsync()).Error);
        _transport.Answer((Func<ScriptedRequest, HttpResponseMessage>?)null);
    }
}
