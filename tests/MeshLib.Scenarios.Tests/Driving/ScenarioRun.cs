using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Scenarios.Tests;

/// <summary>
/// One host with one mesh client of the service <c>orders</c> under the catalogue's reference settings, a load generator, and the invariants that hold at the
/// end of every scenario.
/// </summary>
internal sealed class ScenarioRun : IAsyncDisposable
{
    public const string Service = "orders";
    public const int MaxAttempts = 3;
    public const int MaxConcurrency = 64;
    public const double CallsPerSecond = 200;

    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1.5);

    private static readonly TimeSpan s_lateness = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_settling = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_connectionsLife = TimeSpan.FromSeconds(60);
    private static readonly Lazy<Task> s_warm = new(WarmUpAsync);

    private readonly ConcurrentQueue<CallResult> _calls = new();
    private readonly PatientClock _patience = new();
    private readonly ServiceProvider _host;
    private int _lastId;

    public ScenarioRun(IEnumerable<Uri> endpoints, ScenarioSettings? settings = null)
    {
        var scenario = settings ?? new ScenarioSettings();
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(scenario.ToConfiguration(Service)).Build());
        services.AddSingleton<TimeProvider>(_patience);
        Logs = services.AddRecordedLogs();
        string[] addresses = [.. endpoints.Select(endpoint => endpoint.GetLeftPart(UriPartial.Authority))];
        var mesh = services.AddMesh();
        if (addresses.Length > 0)
        {
            mesh.AddEndpoints(Service, addresses);
        }

        var client = services.AddMeshClient(Service);
        scenario.Services?.Invoke(services);
        scenario.Client?.Invoke(client);
        _host = services.BuildServiceProvider();
        Meters = new MeterRecorder(_host.GetRequiredService<IMeterFactory>());
        Client = _host.GetRequiredService<IHttpClientFactory>().CreateClient(Service);
        Clock = _host.GetRequiredService<TimeProvider>();
        TimeLimit = scenario.Timeout;
    }

    public IServiceProvider Host => _host;

    public HttpClient Client { get; }

    /// <summary>The mesh's time: real without standstills, unless the scenario brings its own.</summary>
    public TimeProvider Clock { get; }

    public RecordedLogs Logs { get; }

    public MeterRecorder Meters { get; }

    /// <summary>Every call of the run.</summary>
    public IReadOnlyCollection<CallResult> Calls => _calls;

    public TimeSpan TimeLimit { get; }

    /// <summary>Calls that the mesh counts as under way.</summary>
    public double ActiveRequests => Meters.Sum("mesh.client.active_requests");

    /// <summary>How often the breaker of any endpoint has opened.</summary>
    public int TimesOpened => (int)Meters.Sum("mesh.breaker.transitions", ("state", "open"));

    public Task<CallResult> GetAsync(string path = "/", CancellationToken cancellationToken = default) => SendAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);

    public Task<CallResult> PostAsync(string path = "/", string body = "an order", CancellationToken cancellationToken = default) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body) }, cancellationToken);

    /// <summary>One call to the end of its body; it never throws.</summary>
    public async Task<CallResult> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken = default)
    {
        var id = $"call-{Interlocked.Increment(ref _lastId)}";
        request.Headers.Add(ScriptedRequest.IdHeader, id);
        (request.Version, request.VersionPolicy) = (Client.DefaultRequestVersion, Client.DefaultVersionPolicy);
        var readingBody = false;
        var started = Clock.GetTimestamp();
        CallResult result;
        try
        {
            using var response = await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).WithinHangLimit();
            readingBody = true;
            var body = await response.Content.ReadAsStringAsync(cancellationToken).WithinHangLimit();
            result = new CallResult
            {
                Id = id,
                Elapsed = Clock.GetElapsedTime(started),
                Report = response.GetMeshReport(),
                Status = response.StatusCode,
                Body = body,
            };
        }
        catch (Exception exception)
        {
            result = new CallResult { Id = id, Elapsed = Clock.GetElapsedTime(started), Report = request.GetMeshReport(), Error = exception, BrokeInBody = readingBody, CancelledByCaller = cancellationToken.IsCancellationRequested };
        }

        _calls.Enqueue(result);
        request.Dispose();
        return result;
    }

    /// <summary>The catalogue's load, an open loop: calls start at their times whether or not earlier ones have ended.</summary>
    /// <param name="seconds">Its length in a test run.</param>
    /// <param name="inFull">Its length in full, in seconds.</param>
    /// <param name="request">Makes each request; a GET when left out.</param>
    public async Task<Load> LoadAsync(double seconds, double inFull = 30, Func<HttpRequestMessage>? request = null)
    {
        await s_warm.Value;
        var count = (int)(CallsPerSecond * (ScenarioLength.IsFull ? inFull : seconds));
        var calls = new List<Task<CallResult>>(count);
        var started = Clock.GetTimestamp();
        for (var number = 0; number < count; number++)
        {
            var wait = TimeSpan.FromSeconds(number / CallsPerSecond) - Clock.GetElapsedTime(started);
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, Clock);
            }

            calls.Add(Task.Run(() => SendAsync(request?.Invoke() ?? new HttpRequestMessage(HttpMethod.Get, "/"))));
        }

        return new Load(await Task.WhenAll(calls).WithinHangLimit());
    }

    /// <summary>
    /// The invariants I1 to I5 and I7 of the catalogue. Heap and threads (I6) belong to the process, and other tests run in this one: the soak weighs a process of its own, and L07
    /// the heap while no other test runs.
    /// </summary>
    /// <param name="servers">The servers, whose counts are the truth.</param>
    /// <param name="attemptsPerCall">The most attempts that a server may have seen of one call.</param>
    public async Task AssertInvariantsAsync(IEnumerable<ServerCounts> servers, int attemptsPerCall = MaxAttempts)
    {
        await AssertCallsAsync(servers, attemptsPerCall);
        Assert.Empty(UnobservedExceptions.Collect());
    }

    /// <summary>All of <see cref="AssertInvariantsAsync"/> that belongs to this run alone, without a full collection: for runs by the thousand.</summary>
    public async Task AssertCallsAsync(IEnumerable<ServerCounts> servers, int attemptsPerCall = MaxAttempts)
    {
        await Eventually.EqualsAsync(0, () => ActiveRequests, s_settling, "I1: calls under way when all have ended");
        foreach (var endpoint in MeshState.EndpointsOf(_host))
        {
            await Eventually.EqualsAsync(0, () => endpoint.InFlight, s_settling, $"I1: attempts in flight to {endpoint}");
        }

        Assert.All(_calls, call => Assert.True(call.Elapsed <= TimeLimit + s_lateness, $"I2: too late: {call}"));
        Assert.All(AttemptsAtServers(servers), attempts => Assert.True(attempts.Value <= attemptsPerCall, $"I3: {attempts.Value} attempts of {attempts.Key}"));
        foreach (var call in _calls)
        {
            if (call.Error is { } error)
            {
                Assert.False(Causes(error).OfType<ObjectDisposedException>().Any(), $"I4: {call}{System.Environment.NewLine}{error}");
                AssertTells(call, error);
            }
        }

        // Nothing but the bulkhead limits connections here.
        await Eventually.BecomesTrueAsync(() => servers.Sum(server => server.OpenConnections) <= MaxConcurrency, s_settling, "I5: connections within the limit");
    }

    /// <summary>I5 for a server that is dead, hung or no longer known: nothing stays connected to it.</summary>
    public static Task AssertLeftAloneAsync(ServerCounts server) => Eventually.EqualsAsync(0, () => server.OpenConnections, s_connectionsLife, "I5: connections to what is dead or gone");

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Meters.Dispose();
        await _host.DisposeAsync();
        await _patience.DisposeAsync();
    }

    public static IEnumerable<Exception> Causes(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            yield return exception;
        }
    }

    // What the first calls of a process take to compile is many times what they take, and no part of any scenario.
    private static async Task WarmUpAsync()
    {
        await using var fleet = new Fleet(2, Faults.Sequence(Faults.Status(503), Faults.Ok));
        await using var run = new ScenarioRun(fleet.Addresses, ScenarioSettings.Unhurried);
        for (var call = 0; call < 20; call++)
        {
            await run.GetAsync();
            await run.PostAsync();
        }
    }

    private static Dictionary<string, int> AttemptsAtServers(IEnumerable<ServerCounts> servers) =>
        servers.SelectMany(server => server.AttemptsPerId).GroupBy(pair => pair.Key).ToDictionary(group => group.Key, group => group.Sum(pair => pair.Value));

    // I7: service, endpoint, attempts and the rule that decided, as types; the cause is kept.
    private static void AssertTells(CallResult call, Exception error)
    {
        if (error is OperationCanceledException)
        {
            Assert.True(call.CancelledByCaller, $"I7: looks like the caller's own cancellation: {call}");
            return;
        }

        if (Causes(error).OfType<MeshException>().FirstOrDefault() is { } told)
        {
            Assert.Equal(Service, told.Service);
            Assert.NotEqual(OutcomeReason.Ok, told.Reason);
            Assert.Equal(told.Attempts > 0, told.Endpoint is not null);
            Assert.Equal(call.Attempts, told.Attempts);
            return;
        }

        Assert.True(error is HttpRequestException or IOException, $"I7: {error}");
        Assert.NotNull(call.Report);
        Assert.Equal(Service, call.Report.Service);
        Assert.NotEqual(OutcomeReason.Ok, call.Report.Reason);
    }
}
