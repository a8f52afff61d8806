using System.Diagnostics.CodeAnalysis;
using MeshLib.TestKit;
using MeshLib.Tests.Calls;
using MeshLib.Tests.LoadBalancing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ServiceDiscovery;
using static MeshLib.Tests.Locality.ZonedMesh;

namespace MeshLib.Tests.Locality;

public class ZoneRoutingTests
{
    [Fact]
    public async Task EvenFleet_StaysAtHome()
    {
        await using var mesh = await StartAsync("a", Zoned(("a", 3), ("b", 3), ("c", 3)), callers: Callers("a", ("a", 2), ("b", 2), ("c", 2)));

        Assert.Equal(1, mesh.Set.Snapshot!.LocalShare);
        Assert.Equal(["a"], mesh.Picks().Keys);
        Assert.Equal(1, Assert.Single(mesh.Meters.Observe("mesh.zone.local_share")).Value);
        Assert.Equal(3, mesh.Set.Snapshot.Peers.Count);
    }

    [Fact]
    public async Task WhereAllCallersAreInOneZone_EveryEndpointHasTheSameShare()
    {
        await using var mesh = await StartAsync("a", Zoned(("a", 2), ("b", 4)), callers: Callers("a", ("a", 5)));

        Assert.Equal(1.0 / 3, mesh.Set.Snapshot!.LocalShare!.Value, 0.001);
        Assert.Equal(1.0 / 3, mesh.Picks()["a"], 0.015);
        Assert.Single(mesh.Logs.WithEvent(222));
    }

    [Fact]
    public async Task WeightsCount_NotNumbers()
    {
        await using var mesh = await StartAsync("a", [Endpoint("a", 1, weight: 30), Endpoint("a", 2, weight: 30), Endpoint("b", 1, weight: 120)], callers: Callers("a", ("a", 1), ("b", 1)));

        // A third of the capacity for half of the callers.
        Assert.Equal(2.0 / 3, mesh.Set.Snapshot!.LocalShare!.Value, 0.001);
    }

    [Fact]
    public async Task CallersOfWhomNothingIsKnown_AreTakenToBeInAllZonesAlike()
    {
        await using var mesh = await StartAsync("a", Zoned(("a", 2), ("b", 5), ("c", 5)));

        Assert.Equal(0.4998, mesh.Set.Snapshot!.LocalShare);
    }

    [Fact]
    public async Task CallersInZonesWithoutEndpoints_CountAsWell()
    {
        await using var mesh = await StartAsync("a", Zoned(("a", 2), ("b", 2)), callers: Callers("a", ("a", 1), ("x", 1)));

        Assert.Equal(1, mesh.Set.Snapshot!.LocalShare);
    }

    [Fact]
    public async Task CallersThatCome_ChangeTheShares()
    {
        await using var mesh = await StartAsync("a", Zoned(("a", 2), ("b", 2)), callers: Callers("a", ("a", 1)));
        Assert.Equal(0.5, mesh.Set.Snapshot!.LocalShare);

        mesh.Source.Publish(Self, Callers("a", ("a", 1), ("b", 1)));

        await mesh.Time.AdvanceUntilAsync(() => mesh.Set.Snapshot!.LocalShare == 1, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10));
        Assert.Single(mesh.Logs.WithEvent(223));
    }

    [Fact]
    public async Task OneZone_IsNoBusinessOfZones()
    {
        await using var mesh = await StartAsync("a", Zoned(("a", 3)));

        Assert.IsNotType<ZonePicker>(mesh.Set.Snapshot!.Picker);
        Assert.Null(mesh.Set.Snapshot.LocalShare);
        Assert.Empty(mesh.Meters.Observe("mesh.zone.local_share"));
        Assert.DoesNotContain(mesh.Source.Queries, static query => query.ServiceName == Self);
    }

    [Fact]
    public async Task UnknownZone_IsSaidOnceAndEveryoneIsCalled()
    {
        await using var mesh = await StartAsync(null, Zoned(("a", 2), ("b", 2)));
        await mesh.PublishAsync(Zoned(("a", 3), ("b", 3)));

        Assert.Null(mesh.Set.Snapshot!.LocalShare);
        Assert.Equal(0.5, mesh.Picks()["a"], 0.02);
        await Eventually.EqualsAsync(1, () => mesh.Logs.WithEvent(220).Count);
    }

    [Fact]
    public async Task UnknownZone_IsTakenFromTheOwnRegistration()
    {
        await using var mesh = await StartAsync(null, Zoned(("a", 2), ("b", 2)), callers: Callers("b", ("a", 1), ("b", 1)));

        await mesh.Time.AdvanceUntilAsync(() => mesh.Set.Snapshot!.LocalShare is not null, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10));
        Assert.Equal(["b"], mesh.Picks().Keys);
    }

    [Fact]
    public async Task UnknownZone_IsAskedForUntilSomebodyAnswers()
    {
        var agent = new ScriptedAgent();
        await using var mesh = await StartAsync(null, Zoned(("a", 2), ("b", 2)), services: services => services.AddSingleton<IZoneSource>(agent));

        await mesh.Time.AdvanceUntilAsync(() => agent.Asked >= 3, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10));
        Assert.Empty(mesh.Logs.WithEvent(220));
        agent.Zone = "b";

        await mesh.Time.AdvanceUntilAsync(() => mesh.Set.Snapshot!.LocalShare is not null, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));
        Assert.Equal(["b"], mesh.Picks().Keys);
    }

    [Fact]
    public async Task ALoneEndpointInTheOwnZone_IsOneOfAll()
    {
        await using var mesh = await StartAsync("a", Zoned(("a", 1), ("b", 10), ("c", 9)), callers: Callers("a", ("a", 1), ("b", 1), ("c", 1)));

        Assert.Null(mesh.Set.Snapshot!.LocalShare);
        Assert.Equal(0.05, mesh.Picks()["a"], 0.01);
    }

    [Fact]
    public async Task SwitchedOff_ZonesAreNotSeen()
    {
        await using var mesh = await StartAsync("a", Zoned(("a", 2), ("b", 2)), static policy => policy.Zone.Enabled = false);

        Assert.Null(mesh.Set.Snapshot!.LocalShare);
    }

    [Fact]
    public async Task InPanic_EveryEndpointIsNeededWhereverItIs()
    {
        ManualEndpoint[] sick = [Endpoint("a", 1), Endpoint("a", 2), .. Enumerable.Range(1, 4).Select(static number => Endpoint("b", number, healthy: false))];
        await using var mesh = await StartAsync("a", sick);

        Assert.True(mesh.Set.Snapshot!.Panic);
        Assert.Null(mesh.Set.Snapshot.LocalShare);
    }

    [Theory]
    [InlineData(8, 1)]
    [InlineData(7, 0.98)]
    [InlineData(5, 0.777)]
    [InlineData(2, 0.368)]
    [InlineData(0, 0)]
    public async Task TheSickerTheZone_TheMoreSpills(int healthy, double localShare)
    {
        ManualEndpoint[] endpoints = [.. Enumerable.Range(1, 10).Select(number => Endpoint("a", number, healthy: number <= healthy)), .. Zoned(("b", 10), ("c", 10))];
        await using var mesh = await StartAsync("a", endpoints, callers: Callers("a", ("a", 1), ("b", 1), ("c", 1)));

        Assert.Equal(localShare, mesh.Set.Snapshot!.LocalShare!.Value, 0.01);
    }

    [Fact]
    public async Task EndpointWhereNobodyIs_CountsNoMoreUntilSomebodyAnswers()
    {
        await using var mesh = await StartAsync("a", Zoned(("a", 2), ("b", 2)), callers: Callers("a", ("a", 1), ("b", 1)));
        mesh.Transport.Answer(static request => request.Endpoint.EndsWith(".1:8080", StringComparison.Ordinal) ? throw TransportErrors.Refused() : ScriptedTransport.Response(200));
        await mesh.Time.AdvanceUntilAsync(() => Sent(mesh) && mesh.Set.Snapshot!.LocalShare < 1, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(60));
        Assert.Equal(BreakerState.Closed, mesh.Endpoints[0].Breaker.State);

        mesh.Transport.AnswerWith(200);
        await mesh.Time.AdvanceUntilAsync(() => Sent(mesh) && mesh.Set.Snapshot!.LocalShare == 1, TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(2));
    }

    [Theory]
    [InlineData(10, 10, 1, 0, 0)]
    [InlineData(5, 10, 0.7, 0.3, 0)]
    [InlineData(5, 1, 0.7, 0.14, 0.16)]
    [InlineData(0, 10, 0, 1, 0)]
    public async Task NamedStandIns_TakeOverInTheirOrder(int healthyHere, int healthyInB, double a, double b, double c)
    {
        ManualEndpoint[] endpoints =
        [
            .. Enumerable.Range(1, 10).Select(number => Endpoint("a", number, healthy: number <= healthyHere)),
            .. Enumerable.Range(1, 10).Select(number => Endpoint("b", number, healthy: number <= healthyInB)),
            .. Zoned(("c", 20)),
        ];
        await using var mesh = await StartAsync("a", endpoints, static policy => policy.Zone.Failover = ["b"]);

        var picks = mesh.Picks();
        Assert.Equal((a, b, c), (Round(picks, "a"), Round(picks, "b"), Round(picks, "c")));
    }

    [Fact]
    public async Task WithoutAnyWeight_AllAreEqual()
    {
        await using var mesh = await StartAsync("a", [Endpoint("a", 1, weight: 0), Endpoint("a", 2, weight: 0), Endpoint("b", 1, weight: 0), Endpoint("b", 2, weight: 0)]);

        Assert.Equal(["a"], mesh.Picks().Keys);
    }

    [Fact]
    public async Task BalancerThatNeedsTheWholeSet_SeesNoZones()
    {
        await using var mesh = await StartAsync("a", Zoned(("a", 2), ("b", 2)), static policy => policy.LoadBalancing.Policy = "whole", services: static services => services.AddMesh().AddLoadBalancer<WholeSetBalancer>("whole"));

        Assert.Null(mesh.Set.Snapshot!.LocalShare);
    }

    [Fact]
    public async Task RetriesPreferTheUntried_AndLeaveTheZoneAfterTwo()
    {
        await using var mesh = await StartAsync("a", Zoned(("a", 2), ("b", 2)), callers: Callers("a", ("a", 1), ("b", 1)));
        var picker = mesh.Set.Snapshot!.Picker!;
        var home = mesh.Endpoints.Where(static endpoint => endpoint.Metadata.Zone == "a").ToArray();

        for (var round = 0; round < 100; round++)
        {
            Assert.Same(home[1], picker.Pick(Subjects.Call(0, home[0])));
            Assert.Equal("b", picker.Pick(Subjects.Call(0, home))!.Metadata.Zone);
            Assert.NotNull(picker.Pick(Subjects.Call(0, [.. mesh.Endpoints])));
        }
    }

    [Fact]
    public async Task EndpointThatAnswersSomeAndRefusesOthers_CostsNoSnapshotAndNoWord()
    {
        await using var mesh = await StartAsync("a", Zoned(("a", 2), ("b", 2)), WithoutBreakers);
        var snapshot = mesh.Set.Snapshot;

        for (var i = 0; i < 100; i++)
        {
            Settle(mesh, mesh.Endpoints[0], i % 2 == 0 ? OutcomeReason.ConnectFailed : OutcomeReason.Ok);
            mesh.Advance(100);
        }

        Assert.Same(snapshot, mesh.Set.Snapshot);
        Assert.Empty(mesh.Logs.WithEvent(222));
    }

    [Fact]
    public async Task ForeignZoneThatWasGone_IsCalledAgainThoughNothingTellsOfItsReturn()
    {
        await using var mesh = await StartAsync("a", Zoned(("a", 2), ("b", 2), ("c", 2)), WithoutBreakers, Callers("a", ("a", 4), ("b", 1)));
        await Eventually.BecomesTrueAsync(() => mesh.Picks()["a"] < 0.5);
        Assert.Contains("b", mesh.Picks().Keys);

        foreach (var endpoint in mesh.Endpoints.Where(static endpoint => endpoint.Metadata.Zone == "b"))
        {
            Settle(mesh, endpoint, OutcomeReason.ConnectFailed);
        }

        mesh.Advance(2_000);
        Assert.DoesNotContain("b", mesh.Picks().Keys);

        mesh.Advance(60_000);
        Assert.Contains("b", mesh.Picks().Keys);
    }

    [Fact]
    public void ZoneWithNextToNothingLeft_CountsForSomething()
    {
        var subjects = new Subjects();
        var all = subjects.Endpoints(1_000);
        all[0].Reachability.Note(nobody: true, 1);
        all[0].Reachability.Advance(subjects.Clock, Subjects.At(2));

        Assert.Equal(1, Assert.Single(ZoneGroup.Of(all, all[..1], 1.4, Subjects.At(2), [])).Health);
        Assert.Equal(0, Assert.Single(ZoneGroup.Of(all, [], 1.4, Subjects.At(2), [])).Health);
    }

    [Fact]
    public async Task WithNamedStandIns_TheLastOneLeftIsNotRoundedAway()
    {
        ManualEndpoint[] endpoints = [Endpoint("a", 1, healthy: false), Endpoint("a", 2, healthy: false), Endpoint("c", 1), Endpoint("d", 1, weight: 1000, healthy: false)];
        await using var mesh = await StartAsync("a", endpoints, static policy => (policy.Zone.Failover, policy.LoadBalancing.PanicThreshold) = (["b"], 0));

        Assert.Equal(["c"], mesh.Picks().Keys);
    }

    [Theory]
    [InlineData(63, 1.0)]
    [InlineData(64, null)]
    public async Task SoManyZones_AreNoZones(int others, double? localShare)
    {
        ManualEndpoint[] endpoints = [.. Zoned(("a", 2)), .. Enumerable.Range(128, others).Select(static zone => Endpoint($"{(char)zone}", 1))];
        await using var mesh = await StartAsync("a", endpoints, callers: Callers("a", ("a", 1), ("b", 99)));

        await Eventually.EqualsAsync(localShare, () => mesh.Set.Snapshot!.LocalShare);
    }

    [Fact]
    public async Task OwnServiceThatCannotBeWatched_IsNotKnown()
    {
        await using var mesh = await StartAsync("a", Zoned(("a", 2), ("b", 2)), services: static services => services.AddSingleton<IServiceEndpointProviderFactory, FaultyFactory>());

        Assert.Equal(1, mesh.Set.Snapshot!.LocalShare);
        await mesh.PublishAsync(Zoned(("a", 1), ("b", 2)));
        Assert.Equal(3, mesh.Endpoints.Count);
        Assert.Single(mesh.Logs.WithEvent(224));
    }

    private static void WithoutBreakers(MeshPolicy policy) => (policy.CircuitBreaker.ConsecutiveFailures, policy.CircuitBreaker.FailureRatio) = (1_000, 1);

    private static void Settle(VirtualMesh mesh, MeshEndpoint endpoint, OutcomeReason reason) =>
        mesh.Set.Settle(new(endpoint, endpoint.Breaker.Generation), reason, TimeSpan.Zero, 0.001, mesh.Time.GetTimestamp());

    private static bool Sent(VirtualMesh mesh)
    {
        using var response = mesh.Send(VirtualMesh.Request());
        return response.IsSuccessStatusCode;
    }

    private static double Round(Dictionary<string, double> picks, string zone) => Math.Round(picks.GetValueOrDefault(zone), 2);

#pragma warning disable CA1812 // Made by the container.
    private sealed class FaultyFactory : IServiceEndpointProviderFactory
#pragma warning restore CA1812
    {
        public bool TryCreateProvider(ServiceEndpointQuery query, [NotNullWhen(true)] out IServiceEndpointProvider? provider)
        {
            provider = null;
            return query.ServiceName == Self ? throw new InvalidOperationException("no") : false;
        }
    }

    private sealed class ScriptedAgent : IZoneSource
    {
        private int _asked;

        public int Asked => Volatile.Read(ref _asked);

        public string? Zone { get; set; }

        public Task<string?> FindZoneAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _asked);
            return Zone is { } zone ? Task.FromResult<string?>(zone) : Task.FromException<string?>(new IOException("The agent is away."));
        }
    }

#pragma warning disable CA1812 // Made by the container.
    private sealed class WholeSetBalancer : LoadBalancer
#pragma warning restore CA1812
    {
        public override bool NeedsWholeSet => true;

        public override EndpointPicker CreatePicker(IReadOnlyList<MeshEndpoint> endpoints) => new RandomLoadBalancer(new Random(1)).CreatePicker(endpoints);
    }
}
