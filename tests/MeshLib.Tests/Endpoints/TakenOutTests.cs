using MeshLib.TestKit;
using MeshLib.Tests.Calls;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Endpoints;

/// <summary>Endpoints that somebody takes out by hand, and those that announce that they will be away.</summary>
public class TakenOutTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Ejected_GetsNothingUntilItIsRestored()
    {
        await using var mesh = await StartAsync();

        Directory(mesh).Eject("ORDERS", Address(2));

        await AssertSparedAsync(mesh, 2);
        Assert.Equal(EndpointState.Withdrawn, Endpoint(mesh, 2).State);
        Assert.Equal(1, mesh.Meters.Sum("mesh.endpoint.ejections", ("reason", "manual")));
        Assert.Equal(1, mesh.Meters.Observe("mesh.endpoints", ("state", "withdrawn")).Single().Value);
        Assert.Single(mesh.Logs.WithEvent(210));

        Directory(mesh).Restore("orders", Address(2));
        Assert.Equal(EndpointState.Available, Endpoint(mesh, 2).State);
        Assert.Single(mesh.Logs.WithEvent(207));
        mesh.Advance(31_000);
        Assert.Equal(10, await AttemptsAsync(mesh, 2, calls: 30));
    }

    [Fact]
    public async Task Ejected_StaysOutOverUpdatesAndAnAbsence_WhileDrainedEndsWithTheInstance()
    {
        await using var mesh = await StartAsync();
        Directory(mesh).Eject("orders", Address(2));
        Directory(mesh).Drain("orders", Address(3));
        var (ejected, drained) = (Endpoint(mesh, 2), Endpoint(mesh, 3));
        Assert.Equal(EndpointState.Draining, drained.State);

        await mesh.PublishAsync(VirtualMesh.Address(1), new ManualEndpoint(VirtualMesh.Address(2), new() { Zone = "b" }), VirtualMesh.Address(3));
        Assert.Equal((EndpointState.Withdrawn, EndpointState.Draining), (Endpoint(mesh, 2).State, Endpoint(mesh, 3).State));
        await mesh.PublishAsync(VirtualMesh.Address(1));
        await mesh.PublishAsync(VirtualMesh.Address(1), VirtualMesh.Address(2), VirtualMesh.Address(3));

        Assert.Same(ejected, Endpoint(mesh, 2));
        Assert.Same(drained, Endpoint(mesh, 3));
        Assert.Equal((EndpointState.Withdrawn, EndpointState.Available), (ejected.State, drained.State));
    }

    [Fact]
    public async Task Drained_KeepsWhatIsUnderWayAndWhatIsPinned()
    {
        await using var mesh = await StartAsync();
        mesh.Transport.Answer((Func<ScriptedRequest, HttpResponseMessage>?)null);
        using var first = Pinned(2);
        var running = mesh.SendAsync(first);
        var exchange = await mesh.Transport.NextAsync();

        Directory(mesh).Drain("orders", Address(2));
        Assert.Equal(1, Endpoint(mesh, 2).InFlight);
        exchange.Respond(200);
        (await running.WithinHangLimit()).Dispose();

        mesh.Transport.AnswerWith(200);
        using var second = Pinned(2);
        (await mesh.SendAsync(second).WithinHangLimit()).Dispose();
        Assert.Equal(2, mesh.Transport.AttemptsTo(VirtualMesh.Address(2)));
        await AssertSparedAsync(mesh, 2);
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task AllTakenOut_CallsAreRefused_InPanicToo()
    {
        await using var mesh = await StartAsync();
        Directory(mesh).Eject("orders", Address(1));
        Directory(mesh).Drain("orders", Address(2));
        Directory(mesh).Eject("orders", Address(3));

        var refusal = await Assert.ThrowsAsync<NoEndpointAvailableException>(() => mesh.GetAsync().WithinHangLimit());

        Assert.Equal(OutcomeReason.NoEndpoint, refusal.Reason);
        Assert.Equal(0, mesh.Transport.Attempts);
    }

    [Fact]
    public async Task TakenOut_InModeObserve_IsOnlyNoted()
    {
        await using var mesh = await StartAsync(policy => policy.Mode = MeshMode.Observe);
        Directory(mesh).Eject("orders", Address(2));

        Assert.Equal(EndpointState.Withdrawn, Endpoint(mesh, 2).State);
        Assert.Equal(10, await AttemptsAsync(mesh, 2, calls: 30));
    }

    [Fact]
    public async Task UnknownNames_AreAnsweredWithThoseThatAreKnown()
    {
        await using var mesh = await StartAsync();

        var service = Assert.Throws<ArgumentException>(() => Directory(mesh).Eject("oders", Address(1)));
        var address = Assert.Throws<ArgumentException>(() => Directory(mesh).Drain("orders", new Uri("http://10.0.0.9:8080")));

        Assert.StartsWith("'oders' is no service that the mesh has resolved; those are orders.", service.Message, StringComparison.Ordinal);
        Assert.StartsWith("'http://10.0.0.9:8080/' is no endpoint of 'orders'; known are http://10.0.0.1:8080, http://10.0.0.2:8080, http://10.0.0.3:8080.", address.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restore_EndsAnEjectionByPeersToo()
    {
        await using var mesh = await StartAsync();
        Endpoint(mesh, 2).Health.Outlier.Eject(long.MaxValue, 3);
        Assert.Equal(EndpointState.Ejected, Endpoint(mesh, 2).State);

        Directory(mesh).Restore("orders", Address(2));

        Assert.Equal(EndpointState.Available, Endpoint(mesh, 2).State);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(404)]
    [InlineData(503)]
    public async Task AnAnswerThatAnnouncesAnAbsence_SparesTheEndpointForThatTime(int status)
    {
        await using var mesh = await StartAsync();
        mesh.Transport.Answer(request => request.Endpoint == VirtualMesh.Address(2) ? Announcement(status, "20") : ScriptedTransport.Response(200));
        Assert.Equal(1, await AttemptsAsync(mesh, 2, calls: 30));

        Assert.Equal(EndpointState.Draining, Endpoint(mesh, 2).State);
        Assert.Single(mesh.Logs.WithEvent(208));
        Assert.Equal(1, mesh.Meters.Sum("mesh.endpoint.ejections", ("reason", "announced")));
        Assert.Equal(0, mesh.Meters.Count("mesh.breaker.transitions"));
        mesh.Advance(19_000);
        await AssertSparedAsync(mesh, 2);

        mesh.Advance(2_000);
        Assert.Equal(EndpointState.Available, Endpoint(mesh, 2).State);
        await mesh.AssertIdleAsync();
    }

    [Theory]
    [InlineData(503, "20", "yes")]
    [InlineData(503, "0", "no")]
    [InlineData(429, "20", "no")]
    [InlineData(500, "20", "no")]
    public async Task OtherAnswers_AnnounceNothing(int status, string retryAfter, string retry)
    {
        await using var mesh = await StartAsync();
        mesh.Transport.Answer(_ => ScriptedTransport.Response(status, "", ("Retry-After", retryAfter), ("mesh-retry", retry)));

        (await mesh.GetAsync().WithinHangLimit()).Dispose();

        Assert.All(mesh.Endpoints, static endpoint => Assert.Equal(EndpointState.Available, endpoint.State));
    }

    [Fact]
    public async Task AnAnnouncement_OfAllTime_IsBelievedForTheLongestEjection()
    {
        await using var mesh = await StartAsync(policy => policy.OutlierDetection.MaxEjectionTime = TimeSpan.FromMinutes(1));
        mesh.Transport.Answer(request => request.Endpoint == VirtualMesh.Address(2) ? Announcement(200, "99999999999999") : ScriptedTransport.Response(200));
        await AttemptsAsync(mesh, 2, calls: 3);

        mesh.Advance(59_000);
        Assert.Equal(EndpointState.Draining, Endpoint(mesh, 2).State);
        mesh.Advance(2_000);
        Assert.Equal(EndpointState.Available, Endpoint(mesh, 2).State);
    }

    [Fact]
    public async Task WhenAllAnnounceIt_TheyAreOverloadedAndEnoughOfThemGoOn()
    {
        await using var mesh = await StartAsync(static policy =>
        {
            policy.CircuitBreaker.ConsecutiveFailures = 1_000;
            policy.CircuitBreaker.MinimumThroughput = 1_000;
        });
        mesh.Transport.Answer(_ => Announcement(503, "20"));

        Assert.All(await SendManyAsync(mesh, 30), static status => Assert.Equal(503, status));

        Assert.Equal(1, mesh.Endpoints.Count(static endpoint => endpoint.State == EndpointState.Draining));
        Assert.Equal(30, mesh.Transport.Attempts);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Announcements_ThatAreNotBelieved_CountAsFailures(bool grpc)
    {
        await using var mesh = await StartAsync(endpoints: 1);
        mesh.Transport.Answer(_ => grpc ? ScriptedTransport.Response(200, "", ("grpc-status", "14"), ("Retry-After", "20"), ("mesh-retry", "no")) : Announcement(503, "20"));

        for (var call = 0; call < 5; call++)
        {
            Assert.Equal(EndpointState.Available, Endpoint(mesh, 1).State);
            using var request = grpc ? VirtualMesh.GrpcRequest() : VirtualMesh.Request();
            (await mesh.SendAsync(request).WithinHangLimit()).Dispose();
        }

        Assert.Equal(EndpointState.Open, Endpoint(mesh, 1).State);
        Assert.Empty(mesh.Logs.WithEvent(208));
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task AProbe_ThatIsAnsweredWithAnAnnouncementNobodyBelieves_RenewsTheBreak()
    {
        await using var mesh = await StartAsync(static policy => policy.CircuitBreaker.ConsecutiveFailures = 1, endpoints: 1);
        mesh.Transport.AnswerWith(503);
        await SendManyAsync(mesh, 1);
        mesh.Transport.Answer(_ => Announcement(503, "20"));
        mesh.Advance(1_001);
        await SendManyAsync(mesh, 1);

        for (var call = 0; call < 10; call++)
        {
            var refusal = await Assert.ThrowsAsync<NoEndpointAvailableException>(() => mesh.GetAsync().WithinHangLimit());
            Assert.Equal(OutcomeReason.AllEndpointsOpen, refusal.Reason);
        }

        Assert.Equal(2, mesh.Transport.Attempts);
    }

    [Fact]
    public async Task InModeObserve_WhoAnnouncedItsAbsence_IsNotProbed()
    {
        await using var mesh = await StartAsync(policy =>
        {
            policy.Mode = MeshMode.Observe;
            policy.CircuitBreaker.ConsecutiveFailures = 1;
        });
        mesh.Transport.Answer(request => request.Endpoint == VirtualMesh.Address(2) ? ScriptedTransport.Response(503) : ScriptedTransport.Response(200));
        await SendManyAsync(mesh, 3);
        mesh.Transport.Answer(request => request.Endpoint == VirtualMesh.Address(2) ? Announcement(503, "20") : ScriptedTransport.Response(200));
        mesh.Advance(1_001);
        await SendManyAsync(mesh, 3);
        Assert.Equal(EndpointState.Draining, Endpoint(mesh, 2).State);

        Assert.Equal(10, await AttemptsAsync(mesh, 2, calls: 30));
    }

    [Fact]
    public async Task ALateAnnouncement_OfWhoHasLeft_ChangesNothing()
    {
        await using var mesh = await StartAsync();
        var gone = Endpoint(mesh, 2);
        await mesh.PublishAsync(VirtualMesh.Address(1), VirtualMesh.Address(3));

        Assert.True(mesh.Set.Announce(gone, TimeSpan.FromSeconds(20), _time.GetTimestamp()));

        Assert.Empty(mesh.Logs.WithEvent(208));
        await mesh.PublishAsync(VirtualMesh.Address(1), VirtualMesh.Address(2), VirtualMesh.Address(3));
        Assert.Same(gone, Endpoint(mesh, 2));
        Assert.Equal(EndpointState.Available, gone.State);
    }

    [Fact]
    public async Task WhenOnlyThoseAreLeftWhoAnnouncedIt_TheyAreCalled_AndJudgedByTheirAnswers()
    {
        await using var mesh = await StartAsync();
        mesh.Transport.Answer(request => request.Endpoint == VirtualMesh.Address(2) ? Announcement(200, "200") : ScriptedTransport.Response(200));
        await SendManyAsync(mesh, 3);
        Directory(mesh).Eject("orders", Address(1));
        Directory(mesh).Drain("orders", Address(3));

        Assert.Equal(20, await AttemptsAsync(mesh, 2, calls: 20));
        mesh.Transport.Answer(_ => Announcement(503, "200"));
        Assert.Equal(5, await AttemptsAsync(mesh, 2, calls: 5));
        var refusal = await Assert.ThrowsAsync<NoEndpointAvailableException>(() => mesh.GetAsync().WithinHangLimit());
        Assert.Equal(OutcomeReason.AllEndpointsOpen, refusal.Reason);

        Directory(mesh).Restore("orders", Address(3));
        mesh.Transport.AnswerWith(200);
        await AssertSparedAsync(mesh, 2);
    }

    [Fact]
    public async Task Ejected_HoldsForWhatTheServiceIsCalledByLater()
    {
        await using var mesh = await StartAsync();
        Directory(mesh).Eject("orders", Address(2));

        await Directory(mesh).WarmUpAsync(["https+http://orders"], TestContext.Current.CancellationToken).WithinHangLimit();

        var later = mesh.Root.Sets.Single(set => !ReferenceEquals(set, mesh.Set));
        Assert.Equal(
            [EndpointState.Available, EndpointState.Withdrawn, EndpointState.Available],
            later.Snapshot!.All.Select(static endpoint => endpoint.State));
        Assert.DoesNotContain(later.Snapshot.Live, static endpoint => endpoint.Address == Address(2));
        Directory(mesh).Restore("orders", Address(2));
        Assert.All(mesh.Endpoints.Concat(later.Snapshot!.All), static endpoint => Assert.Equal(EndpointState.Available, endpoint.State));
    }

    [Fact]
    public async Task Ejected_EndsWithAnAbsenceOfFiveMinutes_AndCanBeRestoredMeanwhile()
    {
        await using var mesh = await StartAsync();
        Directory(mesh).Eject("orders", Address(2));
        Directory(mesh).Eject("orders", Address(3));
        mesh.Advance(EndpointMembership.Remembered.TotalMilliseconds + 2_000);
        Assert.Equal(EndpointState.Withdrawn, Endpoint(mesh, 2).State);

        await mesh.PublishAsync(VirtualMesh.Address(1));
        Directory(mesh).Restore("orders", Address(3));
        await mesh.PublishAsync(VirtualMesh.Address(1), VirtualMesh.Address(2), VirtualMesh.Address(3));
        Assert.Equal((EndpointState.Withdrawn, EndpointState.Available), (Endpoint(mesh, 2).State, Endpoint(mesh, 3).State));

        await mesh.PublishAsync(VirtualMesh.Address(1));
        mesh.Advance(EndpointMembership.Remembered.TotalMilliseconds + 2_000);
        Assert.Throws<ArgumentException>(() => Directory(mesh).Restore("orders", Address(2)));
        await mesh.PublishAsync(VirtualMesh.Address(1), VirtualMesh.Address(2), VirtualMesh.Address(3));
        Assert.Equal(EndpointState.Available, Endpoint(mesh, 2).State);
    }

    [Fact]
    public async Task AFaultInABeat_IsCounted_AndTheOthersAndTheNextBeatGoOn()
    {
        using var fault = new FaultyLogger(207);
        await using var mesh = await StartAsync(services: services => services.AddLogging(logging => logging.AddProvider(fault)));
        mesh.Transport.Answer(request => request.Endpoint == VirtualMesh.Address(2) ? Announcement(200, "20") : ScriptedTransport.Response(200));
        await SendManyAsync(mesh, 3);

        mesh.Advance(22_000);

        Assert.Equal(1, mesh.Meters.Sum("mesh.internal_errors", ("service", "orders"), ("where", "beat")));
        Assert.Single(mesh.Logs.WithEvent(313));
        mesh.Transport.AnswerWith(200);
        mesh.Advance(31_000);
        Assert.Equal(10, await AttemptsAsync(mesh, 2, calls: 30));
    }

    private static HttpResponseMessage Announcement(int status, string seconds) => ScriptedTransport.Response(status, "", ("Retry-After", seconds), ("mesh-retry", "no"));

    private static Uri Address(int number) => new(VirtualMesh.Address(number));

    private static HttpRequestMessage Pinned(int number)
    {
        var request = VirtualMesh.Request();
        request.PinMeshEndpoint(Address(number));
        return request;
    }

    private static MeshEndpoint Endpoint(VirtualMesh mesh, int number) => mesh.Endpoints.Single(endpoint => endpoint.Address == Address(number));

    private static IMeshDirectory Directory(VirtualMesh mesh) => mesh.Services.GetRequiredService<IMeshDirectory>();

    private static async Task AssertSparedAsync(VirtualMesh mesh, int number) => Assert.Equal(0, await AttemptsAsync(mesh, number, calls: 30));

    private static async Task<int> AttemptsAsync(VirtualMesh mesh, int number, int calls)
    {
        var before = mesh.Transport.AttemptsTo(VirtualMesh.Address(number));
        await SendManyAsync(mesh, calls);
        return mesh.Transport.AttemptsTo(VirtualMesh.Address(number)) - before;
    }

    private static async Task<List<int>> SendManyAsync(VirtualMesh mesh, int calls)
    {
        var statuses = new List<int>();
        for (var call = 0; call < calls; call++)
        {
            using var response = await mesh.GetAsync().WithinHangLimit();
            statuses.Add((int)response.StatusCode);
        }

        return statuses;
    }

    private async Task<VirtualMesh> StartAsync(Action<MeshPolicy>? more = null, int endpoints = 3, Action<IServiceCollection>? services = null)
    {
        var mesh = await VirtualMesh.StartAsync(_time, policy =>
        {
            policy.LoadBalancing.Policy = "RoundRobin";
            policy.Retry.MaxAttempts = 1;
            more?.Invoke(policy);
        }, endpoints, services);
        mesh.Transport.AnswerWith(200);
        return mesh;
    }
}
