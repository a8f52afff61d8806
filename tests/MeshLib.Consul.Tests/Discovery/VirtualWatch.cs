using System.Diagnostics.Metrics;
using MeshLib.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Consul.Tests;

/// <summary>
/// A watch on virtual time with a Consul that has no socket. Everything runs on the test's own thread: without a synchronization context, and with
/// answers that are there at once, the loop goes on exactly when the clock is moved.
/// </summary>
internal sealed class VirtualWatch : IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    private readonly ServiceProvider _services = TestConsul.DiscoveryServices();
    private readonly CancellationTokenSource _end = new();
    private readonly long _startedAt;
    private readonly Task _loop;

    public VirtualWatch(Func<ScriptedConsulRequest, CancellationToken, Task<HttpResponseMessage>> script, Action<ConsulOptions>? configure = null, FakeTimeProvider? time = null)
    {
        Time = time ?? new FakeTimeProvider();
        SynchronizationContext.SetSynchronizationContext(null);
        Options = TestConsul.Options(configure);
        _startedAt = Time.GetTimestamp();
        Consul = new ScriptedConsulHandler((request, token) =>
        {
            RequestTimes.Add(Elapsed.TotalSeconds);
            return script(request, token);
        });
        var client = new ConsulClient(new ConsulTransport(Options, Time, _ => Consul), Options);
        var context = new WatchContext(client, Options, Time, new Random(17), new WatchSignals(TestConsul.Logger<ServiceWatch>(Logs), _services.GetRequiredService<ConsulMetrics>()));
        Watch = new ServiceWatch(new HealthQuery("orders"), context, slot: 0.4);
        _loop = Watch.RunAsync(_end.Token);
    }

    public VirtualWatch(Func<ScriptedConsulRequest, HttpResponseMessage> script, Action<ConsulOptions>? configure = null)
        : this((request, _) => Task.FromResult(script(request)), configure)
    {
    }

    public FakeTimeProvider Time { get; }

    public ConsulOptions Options { get; }

    public ScriptedConsulHandler Consul { get; }

    public CapturedLogs Logs { get; } = new();

    public IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    public ServiceWatch Watch { get; }

    /// <summary>When each request came, in seconds from the start.</summary>
    public List<double> RequestTimes { get; } = [];

    public TimeSpan Elapsed => Time.GetElapsedTime(_startedAt);

    public IReadOnlyList<string> Ids => [.. Watch.Published?.Snapshot.Instances.Select(instance => instance.Id) ?? []];

    public void Advance(double seconds)
    {
        for (var left = TimeSpan.FromSeconds(seconds); left > TimeSpan.Zero; left -= Step)
        {
            Time.Advance(Step);
        }
    }

    public void Dispose()
    {
        _end.Cancel();
        Assert.True(_loop.Wait(HangLimit.Default), "The loop does not end.");
        _end.Dispose();
        _services.Dispose();
    }
}
