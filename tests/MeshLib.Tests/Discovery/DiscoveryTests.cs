using MeshLib.TestKit;
using MeshLib.Tests.Calls;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ServiceDiscovery;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Discovery;

public class DiscoveryTests() : DiscoveryCases(new FakeTimeProvider());

public class DiscoveryTestsOnTheOddClock() : DiscoveryCases(new OddClock());

public abstract class DiscoveryCases(FakeTimeProvider time)
{
    [Fact]
    public async Task FirstResolve_IsOneHoweverManyWaitAndAWaiterLeavesAlone()
    {
        await using var mesh = VirtualMesh.Create(time);
        mesh.Source.Hang(VirtualMesh.Orders);
        mesh.Transport.AnswerWith(200);
        using var cancellation = new CancellationTokenSource();
        var leaving = mesh.GetAsync(cancellationToken: cancellation.Token);
        var staying = Enumerable.Range(0, 100).Select(_ => mesh.GetAsync()).ToList();
        await Eventually.EqualsAsync(1, () => mesh.Source.HangingPopulatesOf(VirtualMesh.Orders));
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving.WithinHangLimit());
        Assert.All(staying, call => Assert.False(call.IsCompleted));

        mesh.Source.Publish(VirtualMesh.Orders, VirtualMesh.Address(1));

        Assert.All(await Task.WhenAll(staying).WithinHangLimit(), response => Assert.Equal(200, (int)response.StatusCode));
        Assert.Equal((1, 1), (mesh.Source.CreatedProviders, mesh.Source.PopulatesOf(VirtualMesh.Orders)));
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task FirstResolveThatFails_RefusesWithItsReasonAndIsTriedAgain()
    {
        await using var mesh = VirtualMesh.Create(time);
        var problem = new IOException("The registry is away.");
        mesh.Source.Fail(VirtualMesh.Orders, problem);
        var refusal = await Assert.ThrowsAsync<NoEndpointAvailableException>(() => mesh.GetAsync().WithinHangLimit());
        Assert.Equal(OutcomeReason.DiscoveryFailed, refusal.Reason);
        Assert.Same(problem, refusal.InnerException);
        Assert.Single(mesh.Logs.WithEvent(100));

        mesh.Transport.AnswerWith(200);
        mesh.Source.Publish(VirtualMesh.Orders, VirtualMesh.Address(1));
        await time.AdvanceUntilAsync(() => mesh.Set.HasLive, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(6));
        (await mesh.GetAsync().WithinHangLimit()).Dispose();
        Assert.Single(mesh.Logs.WithEvent(101));
    }

    [Fact]
    public async Task Update_KeepsIdentityLatencyAndBreakerOfThoseThatStay()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.CircuitBreaker.ConsecutiveFailures = 1, endpoints: 2);
        mesh.Transport.Answer(request => ScriptedTransport.Response(request.Endpoint == VirtualMesh.Address(1) ? 503 : 200));
        for (var call = 0; call < 10; call++)
        {
            (await mesh.GetAsync().WithinHangLimit()).Dispose();
        }

        var (sick, well) = (mesh.Endpoints[0], mesh.Endpoints[1]);
        var latency = well.Latency;
        Assert.Equal(EndpointState.Open, sick.State);
        await mesh.PublishAsync(VirtualMesh.Address(3), VirtualMesh.Address(2), new(VirtualMesh.Address(1), new EndpointMetadata { Zone = "b" }));

        Assert.Equal(3, mesh.Endpoints.Count);
        Assert.Same(sick, mesh.Endpoints[0]);
        Assert.Same(well, mesh.Endpoints[1]);
        Assert.Equal("b", sick.Metadata.Zone);
        Assert.Equal(latency, well.Latency);
        Assert.Equal(EndpointState.Open, sick.State);
    }

    [Fact]
    public async Task InstanceThatComesBackSoon_IsTheOneThatLeft()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, endpoints: 2);
        var (first, second) = (mesh.Endpoints[0], mesh.Endpoints[1]);
        await mesh.PublishAsync(VirtualMesh.Address(1));
        await mesh.PublishAsync(VirtualMesh.Address(1), VirtualMesh.Address(2));
        Assert.Same(second, mesh.Endpoints[1]);

        await mesh.PublishAsync(VirtualMesh.Address(1));
        mesh.Advance(TimeSpan.FromMinutes(6).TotalMilliseconds);
        await mesh.PublishAsync(VirtualMesh.Address(1), VirtualMesh.Address(3));
        await mesh.PublishAsync(VirtualMesh.Address(1), VirtualMesh.Address(2));
        Assert.Same(first, mesh.Endpoints[0]);
        Assert.NotSame(second, mesh.Endpoints[1]);
    }

    [Fact]
    public async Task SameListAgain_ChangesNothing()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, endpoints: 2);
        var snapshot = mesh.Set.Snapshot;

        await mesh.PublishAsync(VirtualMesh.Address(2), VirtualMesh.Address(1));

        Assert.Same(snapshot, mesh.Set.Snapshot);
        Assert.Equal(1, mesh.Meters.Sum("mesh.discovery.updates", ("outcome", "unchanged")));
    }

    [Fact]
    public async Task FailedRefresh_KeepsTheLastListAndBacksOff()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, endpoints: 2);
        mesh.Transport.AnswerWith(200);
        var before = mesh.Source.PopulatesOf(VirtualMesh.Orders);
        mesh.Source.Fail(VirtualMesh.Orders, new IOException("The registry is away."));
        await time.AdvanceUntilAsync(() => mesh.Source.PopulatesOf(VirtualMesh.Orders) > before, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(2));

        for (var second = 0; second < 60; second++)
        {
            (await mesh.GetAsync().WithinHangLimit()).Dispose();
            mesh.Advance(1_000);
        }

        Assert.Equal(2, mesh.Endpoints.Count);
        Assert.Single(mesh.Logs.WithEvent(100));
        Assert.True(mesh.Meters.Sum("mesh.discovery.updates", ("outcome", "failed")) >= 1);
    }

    [Fact]
    public async Task FlappingRegistry_IsCoalescedAndItsLastWordCounts()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        var before = mesh.Source.PopulatesOf(VirtualMesh.Orders);
        for (var number = 1; number <= 100; number++)
        {
            mesh.Source.Publish(VirtualMesh.Orders, VirtualMesh.Address(number));
        }

        await time.AdvanceUntilAsync(() => mesh.Endpoints is [{ Address.Host: "10.0.0.100" }], TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(2));

        Assert.InRange(mesh.Source.PopulatesOf(VirtualMesh.Orders) - before, 1, 2);
    }

    [Fact]
    public async Task SignalDuringARefresh_IsActedOnWithoutACaller()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Source.Hang(VirtualMesh.Orders);
        mesh.Source.Signal(VirtualMesh.Orders);
        mesh.Source.Hang(VirtualMesh.Orders);
        await time.AdvanceUntilAsync(() => mesh.Source.HangingPopulatesOf(VirtualMesh.Orders) == 1, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(2));

        mesh.Source.Publish(VirtualMesh.Orders, VirtualMesh.Address(7));
        mesh.Source.Publish(VirtualMesh.Orders, VirtualMesh.Address(8));

        await time.AdvanceUntilAsync(() => mesh.Endpoints is [{ Address.Host: "10.0.0.8" }], TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task ProviderThatDoesNotPush_IsPolledBesideOneThatDoes()
    {
        var polled = new ManualEndpointSource { PushesChanges = false };
        polled.Publish(VirtualMesh.Orders, VirtualMesh.Address(20));
        await using var mesh = await VirtualMesh.StartAsync(time, endpoints: 1, services: services => services.AddSingleton<IServiceEndpointProviderFactory>(polled));
        Assert.Equal(2, mesh.Endpoints.Count);
        var before = polled.PopulatesOf(VirtualMesh.Orders);

        // Microsoft's refresh period.
        await time.AdvanceUntilAsync(() => polled.PopulatesOf(VirtualMesh.Orders) >= before + 2, TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ConfiguredEndpoints_BeatEveryRegistryWhateverTheOrder(bool inConfiguration)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(inConfiguration ? [new("Services:orders:http:0", "http://10.1.1.1:80")] : []).Build();
        await using var mesh = await VirtualMesh.StartAsync(time, services: services =>
        {
            services.AddSingleton<IConfiguration>(configuration);
            if (!inConfiguration)
            {
                services.AddMesh().AddEndpoints(VirtualMesh.Orders, "http://10.1.1.1:80");
            }
        });

        Assert.Equal("10.1.1.1", Assert.Single(mesh.Endpoints).Address.Host);
    }

    [Fact]
    public async Task ConfiguredEndpointsThatAreTakenAway_LeaveTheWordToTheRegistry()
    {
        var file = new EditableFile { ["Services:orders:http:0"] = "http://10.1.1.1:80" };
        await using var mesh = await VirtualMesh.StartAsync(time, endpoints: 2, services: services => services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Add(file).Build()));
        Assert.Single(mesh.Endpoints);

        file.Remove("Services:orders:http:0");

        await time.AdvanceUntilAsync(() => mesh.Endpoints.Count == 2, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(2));
    }

    [Theory]
    [InlineData("http://orders/", "http://10.0.0.1:8080/")]
    [InlineData("http://orders:9000/", "http://10.0.0.1:8080/")]
    [InlineData("https+http://orders/", "http://10.0.0.1:8080/")]
    public async Task AddressWithScheme_IsTakenAsItIs(string logical, string physical)
    {
        await using var mesh = await VirtualMesh.StartAsync(time, endpoints: 1);
        mesh.Transport.AnswerWith(200);

        (await mesh.SendAsync(new HttpRequestMessage(HttpMethod.Get, logical)).WithinHangLimit()).Dispose();

        Assert.Equal(physical, mesh.Transport.Requests[^1].Uri.AbsoluteUri);
    }

    [Fact]
    public async Task ServiceThatDiscoveryKnowsNoInstanceOf_IsSaidOncePerEpisode()
    {
        await using var mesh = VirtualMesh.Create(time);
        mesh.Source.Publish(VirtualMesh.Orders);

        await mesh.WarmUpAsync();
        await mesh.WarmUpAsync();

        Assert.Contains("no instance of http://orders", Assert.Single(mesh.Logs.WithEvent(205)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(MeshMode.Observe, 1)]
    [InlineData(MeshMode.Enforce, 0)]
    public async Task ModeOfOneService_ThatIsNotTheGeneralOne_IsSaid(MeshMode mode, int times)
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.Mode = mode);

        Assert.Equal(times, mesh.Logs.WithEvent(312).Count);
    }

    [Fact]
    public async Task AddressWithoutTls_GetsNothingThatWasAskedForOverTls()
    {
        await using var mesh = VirtualMesh.Create(time);
        mesh.Source.Publish(VirtualMesh.Orders, "http://10.0.0.1:8080", "https://10.0.0.2:8443");
        mesh.Transport.AnswerWith(200);

        for (var call = 0; call < 4; call++)
        {
            (await mesh.SendAsync(new HttpRequestMessage(HttpMethod.Get, "https://orders/")).WithinHangLimit()).Dispose();
        }

        Assert.All(mesh.Transport.Requests, static request => Assert.Equal("https://10.0.0.2:8443/", request.Uri.AbsoluteUri));
        Assert.Single(mesh.Logs.WithEvent(103));

        mesh.Source.Publish(VirtualMesh.Orders, "http://10.0.0.1:8080");
        await time.AdvanceUntilAsync(() => mesh.Root.Sets.Single().Snapshot is { All.Count: 0 }, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5));
        await Assert.ThrowsAsync<NoEndpointAvailableException>(() => mesh.SendAsync(new HttpRequestMessage(HttpMethod.Get, "https://orders/")).WithinHangLimit());
    }

    [Theory]
    [InlineData("http://orders/", "10.0.0.9:81", "http://10.0.0.9:81/")]
    [InlineData("https://orders/", "10.0.0.9:444", "https://10.0.0.9:444/")]
    [InlineData("https+http://orders/", "10.0.0.9:444", "https://10.0.0.9:444/")]
    [InlineData("https+http://orders/", "http://10.0.0.9:81", "http://10.0.0.9:81/")]
    [InlineData("http://orders:9000/", "shop-1", "http://shop-1:9000/")]
    [InlineData("http://orders/", "shop-1", "http://shop-1/")]
    public async Task BareAddress_TakesSchemeAndPortFromTheQuery(string logical, string endpoint, string physical)
    {
        await using var mesh = VirtualMesh.Create(time);
        mesh.Source.Publish(VirtualMesh.Orders, endpoint);
        mesh.Transport.AnswerWith(200);

        (await mesh.SendAsync(new HttpRequestMessage(HttpMethod.Get, logical)).WithinHangLimit()).Dispose();

        Assert.Equal(physical, mesh.Transport.Requests[^1].Uri.AbsoluteUri);
    }

    [Fact]
    public async Task NamedEndpoint_IsASetOfItsOwnWithTheServicesPolicy()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy =>
        {
            policy.CircuitBreaker.ConsecutiveFailures = 1;
            policy.Retry.MaxAttempts = 1;
        }, endpoints: 1);
        mesh.Transport.Answer(request => ScriptedTransport.Response(request.Uri.AbsolutePath == "/admin" ? 503 : 200));

        (await mesh.SendAsync(new HttpRequestMessage(HttpMethod.Get, "http://_admin.orders/admin")).WithinHangLimit()).Dispose();
        await Assert.ThrowsAsync<NoEndpointAvailableException>(() => mesh.SendAsync(new HttpRequestMessage(HttpMethod.Get, "http://_admin.orders/admin")).WithinHangLimit());

        (await mesh.GetAsync().WithinHangLimit()).Dispose();
        Assert.Equal(2, mesh.Root.Sets.Count());
        Assert.Single(mesh.Root.Services);
        Assert.Contains(mesh.Source.Queries, query => query is { ServiceName: "orders", EndpointName: "admin" });
    }

    [Fact]
    public async Task DeclaredServiceWithoutARegistry_IsCalledByPlainDnsWithItsPolicy()
    {
        await using var mesh = VirtualMesh.Create(time);
        mesh.Source.Decline(VirtualMesh.Orders);
        mesh.Transport.AnswerWith(503);

        using var response = await mesh.SendAsync(new HttpRequestMessage(HttpMethod.Get, "http://orders:81/")).WithinHangLimit();

        Assert.Equal(3, mesh.Transport.AttemptsTo("http://orders:81"));
        Assert.Equal("3000m", mesh.Transport.Requests[0].MeshTimeout);
        Assert.Equal(3, response.GetMeshReport()!.Attempts.Count);
    }

    [Fact]
    public async Task DeclaredServiceWithoutAnInstance_IsNeverSentToDns()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, endpoints: 0);

        var refusal = await Assert.ThrowsAsync<NoEndpointAvailableException>(() => mesh.GetAsync().WithinHangLimit());

        Assert.Equal(OutcomeReason.NoEndpoint, refusal.Reason);
        Assert.Equal(0, mesh.Transport.Attempts);
    }

    [Fact]
    public async Task UndeclaredServiceThatWasKnown_IsNotSentToDnsWhenItsLastInstanceLeaves()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Source.Publish("pricing", "http://10.0.1.1");
        mesh.Transport.AnswerWith(200);
        (await mesh.SendAsync(new HttpRequestMessage(HttpMethod.Get, "http://pricing/")).WithinHangLimit()).Dispose();
        var set = mesh.Root.Sets.Single(set => set.Key.Host == "pricing");
        for (var round = 0; round < 2; round++)
        {
            var populates = mesh.Source.PopulatesOf("pricing");
            mesh.Source.Publish("pricing");
            await time.AdvanceUntilAsync(() => mesh.Source.PopulatesOf("pricing") > populates && set.Snapshot!.All.Count == 0, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(2));
            await Eventually.EqualsAsync(populates + 1, () => mesh.Source.PopulatesOf("pricing"));
            await Assert.ThrowsAsync<NoEndpointAvailableException>(() => mesh.SendAsync(new HttpRequestMessage(HttpMethod.Get, "http://pricing/")).WithinHangLimit());
        }

        Assert.False(set.Snapshot!.PassThrough);
    }

    [Theory]
    [InlineData("ftp://10.0.0.9")]
    [InlineData("http://user:secret@10.0.0.9")]
    public async Task AddressThatIsNoHttpAddress_IsLeftOut(string address)
    {
        await using var mesh = await VirtualMesh.StartAsync(time, endpoints: 0);
        await mesh.PublishAsync(address, VirtualMesh.Address(1));

        Assert.Equal("10.0.0.1", Assert.Single(mesh.Endpoints).Address.Host);
        Assert.Single(mesh.Logs.WithEvent(102));
        Assert.DoesNotContain(mesh.Logs.Entries, entry => entry.Message.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task SameAddressTwice_IsOneEndpoint()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, endpoints: 0);
        await mesh.PublishAsync(new(VirtualMesh.Address(1), new EndpointMetadata { Id = "b" }), new(VirtualMesh.Address(1), new EndpointMetadata { Id = "a" }));

        Assert.Equal("a", Assert.Single(mesh.Endpoints).Metadata.Id);
    }

    [Fact]
    public async Task StalenessOfASource_IsSeen()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Source.SetFeature<IEndpointSourceStatus>(VirtualMesh.Orders, new Stale());
        await mesh.PublishAsync(VirtualMesh.Address(1));

        Assert.Equal(12, mesh.Meters.Observe("mesh.discovery.staleness", ("service", "orders")).Single().Value);
    }

    private sealed class Stale : IEndpointSourceStatus
    {
        public string Source => "test";

        public TimeSpan StaleFor => TimeSpan.FromSeconds(12);

        public string? Problem => "away";
    }
}
