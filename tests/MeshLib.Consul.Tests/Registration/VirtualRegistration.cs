using System.Net;
using MeshLib.TestKit;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Consul.Tests;

/// <summary>
/// A registration on virtual time, at an agent without a socket. All runs on the test's own thread: answers are there at once, so the loop goes on
/// exactly when the clock is moved.
/// </summary>
internal sealed class VirtualRegistration : IDisposable
{
    public const string Id = "orders-1";
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource _end = new();
    private readonly long _startedAt;
    private readonly List<(double At, ScriptedConsulRequest Request)> _requests = [];
    private Task _running = Task.CompletedTask;

    public VirtualRegistration(Action<RegistrationOptions>? configure = null, HealthCheckService? health = null, IReadOnlyList<HealthCheckRegistration>? checks = null, string? zone = "z1")
    {
        SynchronizationContext.SetSynchronizationContext(null);
        _startedAt = Time.GetTimestamp();
        Agent = new AgentModel(Time);
        var options = new RegistrationOptions();
        configure?.Invoke(options);
        var consul = TestConsul.Options();
        Handler = new ScriptedConsulHandler(Answer);
        var client = new ConsulClient(new ConsulTransport(consul, Time, _ => Handler), consul);
        var signals = new RegistrationSignals(Logs.LoggerFor<RegistrationService>(), Status, Time);
        var context = new RegistrationContext(client, options, new InstanceDefinition("orders", Id, "1.2.3", zone), new AgentZone(consul, new(client)), Time, signals);
        Assert.True(ConsulAddress.TryParse(consul.Address, out var agent, out _));
        Loop = new RegistrationLoop(
            context,
            new Readiness(health, checks ?? [], options.Heartbeat, Time),
            Listen,
            new AddressChoice(options, agent, _ => Task.FromResult(IPAddress.Parse("10.0.0.7"))),
            new Random(17));
    }

    public FakeTimeProvider Time { get; } = new();

    public AgentModel Agent { get; }

    public ScriptedConsulHandler Handler { get; }

    public RecordedLogs Logs { get; } = new();

    public ManualListenAddress Listen { get; } = new();

    public RegistrationStatus Status { get; } = new();

    public RegistrationLoop Loop { get; }

    public double Elapsed => Time.GetElapsedTime(_startedAt).TotalSeconds;

    public IReadOnlyList<(double At, ScriptedConsulRequest Request)> Requests => _requests;

    public void Start(params string[] listening)
    {
        Listen.Set(listening.Length > 0 ? listening : ["http://10.0.0.1:8080"]);
        _running = Loop.RunAsync(_end.Token);
    }

    public void Advance(double seconds)
    {
        for (var left = TimeSpan.FromSeconds(seconds); left > TimeSpan.Zero; left -= Step)
        {
            Time.Advance(Step);
        }
    }

    /// <summary>Ends the loop, as the service does before it withdraws.</summary>
    public async Task StopAsync()
    {
        await _end.CancelAsync();
        await _running.ContinueWith(static _ => { }, TaskScheduler.Default).WithinHangLimit();
    }

    /// <summary>When requests to paths that hold <paramref name="part"/> came, in seconds from the start.</summary>
    public IReadOnlyList<double> TimesOf(string part) => [.. _requests.Where(entry => entry.Request.Path.Contains(part, StringComparison.Ordinal)).Select(static entry => entry.At)];

    public void Dispose()
    {
        _end.Cancel();
        _end.Dispose();
    }

    private Task<HttpResponseMessage> Answer(ScriptedConsulRequest request, CancellationToken cancellationToken)
    {
        _requests.Add((Elapsed, request));
        try
        {
            return Task.FromResult(Agent.Answer(request));
        }
        catch (HttpRequestException e)
        {
            return Task.FromException<HttpResponseMessage>(e);
        }
    }
}
