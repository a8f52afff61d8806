using System.Collections.Concurrent;
using MeshLib.TestKit;
using MeshLib.Tests.Calls;
using MeshLib.Tests.Health;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Endpoints;

/// <summary>The mesh's own checks.</summary>
public sealed class HealthCheckTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly ScriptedTransport _checks = new();

    public HealthCheckTests() => _checks.AnswerWith(200);

    [Fact]
    public async Task WithoutAPath_NobodyIsChecked()
    {
        await using var mesh = await StartAsync(static policy => policy.HealthCheck.Path = null);

        await PassAsync(mesh, 30);

        Assert.Equal(0, _checks.Attempts);
    }

    [Fact]
    public async Task EachEndpoint_IsCheckedOnceAnInterval_AtItsPathAndHost()
    {
        await using var mesh = await StartAsync();

        await PassAsync(mesh, 30);

        Assert.All(mesh.Endpoints, endpoint => Assert.InRange(_checks.AttemptsTo(endpoint.Prefix), 3, 4));
        Assert.All(_checks.Requests, static request => Assert.Equal(("GET", "/health"), (request.Method.Method, request.Uri.PathAndQuery)));
        Assert.Equal(0, mesh.Transport.Attempts);
    }

    [Fact]
    public async Task Port_ReplacesTheInstancesOwn()
    {
        await using var mesh = await StartAsync(static policy => policy.HealthCheck.Port = 9999);

        await PassAsync(mesh, 10);

        Assert.Equal(["http://10.0.0.1:9999", "http://10.0.0.2:9999", "http://10.0.0.3:9999"], _checks.AttemptsPerEndpoint.Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(503)]
    [InlineData(302)]
    [InlineData(0)]
    public async Task ChecksThatFail_MakeTheEndpointUnhealthy_AndChecksThatPassHealthy(int status)
    {
        await using var mesh = await StartAsync();
        await PassAsync(mesh, 10);
        var sick = VirtualMesh.Address(2);
        _checks.Answer(request => request.Endpoint != sick ? ScriptedTransport.Response(200) : status == 0 ? throw TransportErrors.Refused() : ScriptedTransport.Response(status));
        await PassAsync(mesh, 20);
        Assert.Equal(EndpointState.Available, Endpoint(mesh, 2).State);

        await PassAsync(mesh, 11);

        Assert.Equal(EndpointState.Unhealthy, Endpoint(mesh, 2).State);
        Assert.Single(mesh.Logs.WithEvent(209));
        Assert.Equal(1, mesh.Meters.Sum("mesh.endpoint.ejections", ("reason", "health_check")));
        for (var call = 0; call < 30; call++)
        {
            (await mesh.GetAsync().WithinHangLimit()).Dispose();
        }

        Assert.Equal(0, mesh.Transport.AttemptsTo(sick));
        _checks.AnswerWith(200);
        await PassAsync(mesh, 21);
        Assert.Equal(EndpointState.Available, Endpoint(mesh, 2).State);
    }

    [Fact]
    public async Task CheckThatHangs_EndsWithItsOwnTimeout()
    {
        await using var mesh = await StartAsync(static policy =>
        {
            policy.HealthCheck.Timeout = TimeSpan.FromSeconds(20);
            policy.HealthCheck.UnhealthyThreshold = 1;
        });
        _checks.Answer((Func<ScriptedRequest, HttpResponseMessage>?)null);

        await _time.AdvanceUntilAsync(() => _checks.InFlight == 3, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(12));
        Assert.All(mesh.Endpoints, static endpoint => Assert.Equal(EndpointState.Available, endpoint.State));
        var begun = _checks.Attempts;
        _checks.AnswerWith(503);
        _time.Advance(TimeSpan.FromSeconds(20));

        await Eventually.BecomesTrueAsync(() => mesh.Endpoints.All(static endpoint => endpoint.State == EndpointState.Unhealthy));
        Assert.Equal(begun, _checks.Cancelled);
    }

    [Fact]
    public async Task BodyOfACheck_IsReadAsFarAsFourKilobytes()
    {
        await using var mesh = await StartAsync();
        var bodies = new ConcurrentBag<EndlessBody>();
        _checks.Answer(_ =>
        {
            var body = new EndlessBody();
            bodies.Add(body);
            return new HttpResponseMessage { Content = new StreamContent(body) };
        });

        await PassAsync(mesh, 10);

        await Eventually.BecomesTrueAsync(() => bodies.Count >= 3 && bodies.All(static body => body.IsClosed));
        Assert.All(bodies, static body => Assert.InRange(body.BytesRead, 1, 4096));
        Assert.All(mesh.Endpoints, static endpoint => Assert.Equal(EndpointState.Available, endpoint.State));
    }

    [Fact]
    public async Task APass_LiftsAnEjectionByPeers()
    {
        await using var mesh = await StartAsync();
        Endpoint(mesh, 2).Health.Outlier.Eject(long.MaxValue, 3);

        await PassAsync(mesh, 11);

        Assert.Equal(EndpointState.Available, Endpoint(mesh, 2).State);
    }

    [Fact]
    public async Task NobodyLeft_IsPanic()
    {
        await using var mesh = await StartAsync(static policy => policy.HealthCheck.UnhealthyThreshold = 1);
        _checks.AnswerWith(503);
        await PassAsync(mesh, 11);
        Assert.All(mesh.Endpoints, static endpoint => Assert.Equal(EndpointState.Unhealthy, endpoint.State));

        (await mesh.GetAsync().WithinHangLimit()).Dispose();

        Assert.Equal(1, mesh.Meters.Observe("mesh.panic").Single().Value);
    }

    [Fact]
    public async Task ModeResolve_ChecksNobody()
    {
        await using var mesh = await StartAsync(static policy => policy.Mode = MeshMode.Resolve);

        await PassAsync(mesh, 30);

        Assert.Equal(0, _checks.Attempts);
    }

    [Fact]
    public async Task E33_AThousandEndpoints_AreSpreadOverTheInterval_OneCheckEach()
    {
        await using var mesh = await StartAsync(static policy => policy.Subsetting.Enabled = false, endpoints: 0);
        mesh.Source.PublishAll(VirtualMesh.Orders, Enumerable.Range(0, 1000).Select(static number => $"http://10.1.{number >> 8}.{number & 255}:8080"));
        await _time.AdvanceUntilAsync(() => mesh.Endpoints.Count == 1000, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5));
        await PassAsync(mesh, 10);
        var perSecond = new List<int>();
        for (var second = 0; second < 30; second++)
        {
            var before = _checks.Attempts;
            await PassAsync(mesh, 1);
            perSecond.Add(_checks.Attempts - before);
        }

        Assert.InRange(perSecond.Sum(), 2_950, 3_050);
        Assert.True(perSecond.Max() <= 2 * perSecond.Average(), $"{perSecond.Max()} of {perSecond.Average()} on average");
        Assert.InRange(_checks.MaxInFlight, 1, HealthChecker.MostAtOnce);
    }

    [Fact]
    public async Task E33_EndpointsThatHang_HaveOneCheckEachInFlight()
    {
        await using var mesh = await StartAsync(static policy => policy.HealthCheck.Timeout = TimeSpan.FromSeconds(60));
        _checks.Answer((Func<ScriptedRequest, HttpResponseMessage>?)null);

        for (var second = 0; second < 50; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        await Eventually.EqualsAsync(3, () => _checks.InFlight);
        Assert.All(_checks.AttemptsPerEndpoint, static attempts => Assert.Equal(1, attempts.Value));
    }

    [Fact]
    public async Task Stop_EndsTheChecksUnderWay()
    {
        var mesh = await StartAsync(static policy => policy.HealthCheck.Timeout = TimeSpan.FromSeconds(20));
        _checks.Answer((Func<ScriptedRequest, HttpResponseMessage>?)null);
        await _time.AdvanceUntilAsync(() => _checks.InFlight == 3, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(12));

        await mesh.DisposeAsync().AsTask().WithinHangLimit();

        Assert.Equal(0, _checks.InFlight);
    }

    [Theory]
    [InlineData("/health", "no host")]
    [InlineData("health", null)]
    public async Task ACheckThatCannotBeMade_Fails(string path, string? host)
    {
        using var transport = new HealthCheckTransport(_checks, _time);
        var discovered = new DiscoveredEndpoint(new Uri(VirtualMesh.Address(1)), EndpointMetadata.None, host);
        var endpoint = new MeshEndpoint(discovered, new MonotonicClock(_time), new CircuitBreakerSettings(), new NoJitter());

        Assert.False(await transport.PassesAsync(endpoint, new HealthCheckSettings { Path = path }, TestContext.Current.CancellationToken));
        Assert.Equal(0, _checks.Attempts);
    }

    [Fact]
    public async Task ACheckWhoseResultCannotBeTaken_GivesItsPlaceBack()
    {
        using var fault = new FaultyLogger(209);
        await using var mesh = await StartAsync(static policy => policy.HealthCheck.UnhealthyThreshold = 1, services: services => services.AddLogging(logging => logging.AddProvider(fault)));
        _checks.AnswerWith(503);

        await PassAsync(mesh, 30);

        Assert.All(mesh.Endpoints, endpoint => Assert.InRange(_checks.AttemptsTo(endpoint.Prefix), 3, 4));
        await mesh.DisposeAsync().AsTask().WithinHangLimit();
    }

    [Fact]
    public async Task Checks_RunWhereBackgroundWorkRuns()
    {
        var background = new CountingScheduler();
        await using var mesh = await StartAsync(services: services => services.AddSingleton(new MeshEnvironment(new MonotonicClock(_time), new NoJitter()) { Background = background }));
        var before = background.Tasks;

        await PassAsync(mesh, 10);

        Assert.InRange(_checks.Attempts, 3, background.Tasks - before);
    }

    [Fact]
    public async Task AServiceThatHangs_DoesNotKeepTheOthersWaiting()
    {
        await using var mesh = await StartAsync(
            static policy => policy.HealthCheck.Timeout = TimeSpan.FromSeconds(5),
            endpoints: 0,
            services => services.AddMesh(static options => options.Services["billing"].HealthCheck.Path = "/health"));
        mesh.Source.PublishAll("billing", Enumerable.Range(1, 3).Select(static number => $"http://10.9.0.{number}:8080"));
        mesh.Source.PublishAll(VirtualMesh.Orders, Enumerable.Range(0, 1000).Select(static number => $"http://10.1.{number >> 8}.{number & 255}:8080"));
        await mesh.Services.GetRequiredService<IMeshDirectory>().WarmUpAsync(["billing"], TestContext.Current.CancellationToken).WithinHangLimit();
        await _time.AdvanceUntilAsync(() => mesh.Endpoints.Count == 1000, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5));
        _checks.Answer(async (request, cancellation) =>
        {
            if (!request.Endpoint.StartsWith("http://10.9.", StringComparison.Ordinal))
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, _time, cancellation);
            }

            return ScriptedTransport.Response(200);
        });

        await _time.AdvanceUntilAsync(() => BillingIsChecked(times: 2), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(45));

        Assert.InRange(_checks.MaxInFlight, 1, HealthChecker.MostAtOnce);

        bool BillingIsChecked(int times) => Enumerable.Range(1, 3).All(number => _checks.AttemptsTo($"http://10.9.0.{number}:8080") >= times);
    }

    [Fact]
    public async Task APassAfterAFailure_EndsAnAnnouncedAbsence()
    {
        await using var mesh = await StartAsync(static policy => policy.LoadBalancing.Policy = "RoundRobin");
        mesh.Transport.Answer(static request => ScriptedTransport.Response(200, "", request.Endpoint == VirtualMesh.Address(2) ? [("Retry-After", "250"), ("mesh-retry", "no")] : []));
        for (var call = 0; call < 3; call++)
        {
            (await mesh.GetAsync().WithinHangLimit()).Dispose();
        }

        await PassAsync(mesh, 20);
        Assert.Equal(EndpointState.Draining, Endpoint(mesh, 2).State);
        _checks.AnswerWith(503);
        await PassAsync(mesh, 11);
        Assert.Equal(EndpointState.Draining, Endpoint(mesh, 2).State);
        _checks.AnswerWith(200);
        await PassAsync(mesh, 11);

        Assert.Equal(EndpointState.Available, Endpoint(mesh, 2).State);
        Assert.Single(mesh.Logs.WithEvent(207));
    }

    public void Dispose() => _checks.Dispose();

    private static MeshEndpoint Endpoint(VirtualMesh mesh, int number) => mesh.Endpoints.Single(endpoint => endpoint.Prefix == VirtualMesh.Address(number));

    // A second at a time, each to the end of what it began.
    private async Task PassAsync(VirtualMesh mesh, int seconds)
    {
        var checks = mesh.Services.GetRequiredService<MeshComposition>().Checks;
        for (var second = 0; second < seconds; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Eventually.EqualsAsync(0, () => checks.Running);
        }
    }

    private async Task<VirtualMesh> StartAsync(Action<MeshPolicy>? more = null, int endpoints = 3, Action<IServiceCollection>? services = null)
    {
        var mesh = await VirtualMesh.StartAsync(
            _time,
            policy =>
            {
                policy.HealthCheck.Path = "/health";
                more?.Invoke(policy);
            },
            endpoints,
            collection =>
            {
                collection.AddSingleton(new HealthCheckTransport(_checks, _time));
                services?.Invoke(collection);
            });
        mesh.Transport.AnswerWith(200);
        return mesh;
    }

    private sealed class CountingScheduler : TaskScheduler
    {
        private int _tasks;

        public int Tasks => Volatile.Read(ref _tasks);

        protected override IEnumerable<Task>? GetScheduledTasks() => null;

        protected override void QueueTask(Task task)
        {
            Interlocked.Increment(ref _tasks);
            ThreadPool.QueueUserWorkItem(_ => TryExecuteTask(task));
        }

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;
    }

    private sealed class EndlessBody : MemoryStream
    {
        public int BytesRead { get; private set; }

        public bool IsClosed { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = Math.Min(buffer.Length, 1000);
            BytesRead += read;
            return ValueTask.FromResult(read);
        }

        protected override void Dispose(bool disposing)
        {
            IsClosed = true;
            base.Dispose(disposing);
        }
    }
}
