using System.Globalization;
using CsCheck;
using MeshLib.TestKit;
using MeshLib.Tests.Calls;
using MeshLib.Tests.Health;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Endpoints;

/// <summary>Endpoints over updates of discovery: who they are, and what a list that has lost most of them is worth.</summary>
public class MembershipTests
{
    private static readonly CircuitBreakerSettings s_breaker = new();

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task D14_WhenMostOfAServiceVanishesAtOnce_AllThatWereKnownCarryTheLoad()
    {
        await using var mesh = await StartAsync(100);
        var before = mesh.Endpoints.ToList();
        var simulation = new SetSimulation(mesh, ratePerSecond: 1_000, latency: 0.02, seed: 1);
        simulation.Run(10);

        await PublishAsync(mesh, 3);

        Assert.Equal(1, mesh.Meters.Observe("mesh.panic").Single().Value);
        Assert.Single(mesh.Logs.WithEvent(201));
        Assert.Equal(97, mesh.Endpoints.Count(static endpoint => endpoint.State == EndpointState.Unhealthy));
        Assert.Equal(before, mesh.Endpoints);
        simulation.Run(20);
        var survivors = mesh.Endpoints.Where(static endpoint => endpoint.State == EndpointState.Available).ToList();
        Assert.Equal(3, survivors.Count);
        Assert.All(survivors, survivor => Assert.InRange(simulation.ShareOf(survivor), 0, 2.0 / 100));

        await PublishAsync(mesh, 60);

        Assert.Equal(0, mesh.Meters.Observe("mesh.panic").Single().Value);
        Assert.Equal(before.Where(static endpoint => int.Parse(endpoint.Address.Host.Split('.')[3], CultureInfo.InvariantCulture) <= 60), mesh.Endpoints);
        Assert.All(mesh.Endpoints, static endpoint => Assert.Equal((EndpointState.Available, 1), (endpoint.State, endpoint.Weight)));
    }

    [Fact]
    public async Task D14_WhenTheVanishedAreReallyGone_EachCostsAFewAttemptsOnce()
    {
        await using var mesh = await StartAsync(100);
        var simulation = new SetSimulation(mesh, ratePerSecond: 1_000, latency: 0.02, seed: 1);
        simulation.Run(10);
        await PublishAsync(mesh, 3);
        simulation.Answer = static endpoint => endpoint.Metadata.Healthy ? OutcomeReason.Ok : OutcomeReason.ConnectFailed;

        simulation.Run(5);
        Assert.InRange(simulation.Failed, 97, 97 * 6);
        simulation.Run(30);
        Assert.InRange((double)simulation.Failed / simulation.Picks, 0, 0.02);

        // Whoever has been gone for long is not coming back.
        mesh.Advance(EndpointMembership.Remembered.TotalMilliseconds);
        Assert.Equal(3, mesh.Endpoints.Count);
        Assert.Equal(0, mesh.Meters.Observe("mesh.panic").Single().Value);
    }

    [Theory]
    [InlineData(100, 50, 50)]
    [InlineData(100, 49, 100)]
    [InlineData(12, 3, 3)]
    [InlineData(13, 3, 13)]
    [InlineData(100, 0, 0)]
    public async Task AList_ThatLostLess_OrFew_OrAll_IsBelieved(int known, int left, int members)
    {
        await using var mesh = await StartAsync(known);

        await PublishAsync(mesh, left);

        Assert.Equal(members, mesh.Endpoints.Count);
    }

    [Fact]
    public async Task D14_WherePanicIsOff_TheListIsBelieved()
    {
        await using var mesh = await StartAsync(100, static policy => policy.LoadBalancing.PanicThreshold = 0);

        await PublishAsync(mesh, 3);

        Assert.Equal(3, mesh.Endpoints.Count);
    }

    [Fact]
    public void D17_AVanishedInstance_ThatIsBackUnderAnotherId_IsOneEndpoint()
    {
        var membership = new EndpointMembership(new MonotonicClock(_time), new NoJitter());
        membership.Update(Named("old", Enumerable.Range(1, 20)), s_breaker, newcomersJoinProven: true, panicThreshold: 0.5);
        membership.Update(Named("old", [1, 2]), s_breaker, newcomersJoinProven: true, panicThreshold: 0.5);
        Assert.Equal(20, membership.Members.Count);

        membership.Update([.. Named("old", [1, 2]), .. Named("new", [3])], s_breaker, newcomersJoinProven: true, panicThreshold: 0.5);

        Assert.Equal(20, membership.Members.Count);
        Assert.True(membership.Members.Single(static member => member.Address == Address(3)).IsHealthy);

        static List<DiscoveredEndpoint> Named(string id, IEnumerable<int> numbers) => [.. numbers.Select(number => new DiscoveredEndpoint(Address(number), new() { Id = $"{id}-{number}" }, null))];
    }

    [Fact]
    public void WhoIsAway_IsNotMissed_AndWantsCallsWhenItIsBack()
    {
        var membership = new EndpointMembership(new MonotonicClock(_time), new NoJitter());
        Update(Enumerable.Range(1, 20));
        var before = membership.Members.ToList();
        foreach (var endpoint in before.Where(static endpoint => Number(endpoint) > 5))
        {
            endpoint.Health.AwayUntil = long.MaxValue;
            endpoint.Health.IsWithdrawn = Number(endpoint) == 20;
        }

        Update(Enumerable.Range(1, 5));
        Assert.Equal(5, membership.Members.Count);

        Update(Enumerable.Range(1, 20));
        Assert.Equal(before, membership.Members);
        Assert.All(membership.Members, static endpoint => Assert.Equal((0, false), (endpoint.Health.AwayUntil, endpoint.Health.HasLeft)));
        Assert.Equal(EndpointState.Withdrawn, membership.Members.Single(static endpoint => Number(endpoint) == 20).State);

        void Update(IEnumerable<int> numbers) => membership.Update(Discovered(numbers), s_breaker, newcomersJoinProven: true, panicThreshold: 0.5);
    }

    [Fact]
    public void OneThatVanishedInAMass_AndIsDrainedMeanwhile_WantsCallsWhenItIsBack()
    {
        var membership = new EndpointMembership(new MonotonicClock(_time), new NoJitter());
        Update(20);
        Update(3);
        Assert.Equal(20, membership.Members.Count);
        var drained = membership.Members.Single(static endpoint => Number(endpoint) == 10);
        drained.Health.AwayUntil = long.MaxValue;

        Update(20);

        Assert.Contains(drained, membership.Members);
        Assert.Equal(EndpointState.Available, drained.State);

        void Update(int count) => membership.Update(Discovered(Enumerable.Range(1, count)), s_breaker, newcomersJoinProven: true, panicThreshold: 0.5);
    }

    [Fact]
    public void WhoComesBack_HasNeitherItsChecksNorItsReportsFromBefore()
    {
        var membership = new EndpointMembership(new MonotonicClock(_time), new NoJitter());
        Update(2);
        var endpoint = membership.Members[1];
        endpoint.Health.Check = new HealthCheckMonitor(firstAt: 0);
        endpoint.Health.Check.End(passed: false, new HealthCheckSettings { UnhealthyThreshold = 1 });
        endpoint.Observe(new LoadReport { CpuUtilization = 0.5, RequestsPerSecond = 10 }, _time.GetTimestamp());
        Assert.Equal(EndpointState.Unhealthy, endpoint.State);

        Update(1);
        Update(2);

        Assert.Same(endpoint, membership.Members[1]);
        Assert.Equal(EndpointState.Available, endpoint.State);
        Assert.Null(endpoint.ReportedLoad);

        void Update(int count) => membership.Update(Discovered(Enumerable.Range(1, count)), s_breaker, newcomersJoinProven: true);
    }

    [Fact]
    public async Task D16_FlappingInstances_KeepTheirStateAndGetNothingWhileTheyAreAway()
    {
        await using var mesh = await StartAsync(4);
        var simulation = new SetSimulation(mesh, ratePerSecond: 200, latency: 0.02, seed: 1);
        simulation.Run(5);
        var flapping = mesh.Endpoints.Single(static endpoint => endpoint.Prefix == VirtualMesh.Address(4));
        flapping.Breaker.Apply(s_breaker with { ConsecutiveFailures = 3 });
        var latency = flapping.Latency;
        for (var flap = 0; flap < 20; flap++)
        {
            await PublishAsync(mesh, 3);
            Assert.Equal(0, simulation.Run(2).PicksOf(flapping));
            Assert.Equal((0, 0), (simulation.Failed, simulation.Refused));

            await PublishAsync(mesh, 4);
            Assert.Same(flapping, mesh.Endpoints.Single(static endpoint => endpoint.Prefix == VirtualMesh.Address(4)));
            simulation.Run(1);
        }

        Assert.NotNull(latency);
        Assert.NotNull(flapping.Latency);
    }

    [Fact]
    public void AnySequenceOfUpdates_KeepsIdentity_AndEndsWithTheListThatWasGiven()
    {
        var list = Gen.Int[1, 30].HashSet[0, 30].Select(static numbers => numbers.ToArray());
        Gen.Select(list, Gen.Int[0, 400]).Array[1, 20].Sample(
            steps =>
            {
                var time = new FakeTimeProvider();
                var clock = new MonotonicClock(time);
                var membership = new EndpointMembership(clock, new NoJitter());
                var known = new Dictionary<Uri, (MeshEndpoint Endpoint, double At)>();
                var (now, present) = (0.0, new HashSet<Uri>());
                foreach (var (numbers, pause) in steps)
                {
                    time.Advance(TimeSpan.FromSeconds(pause));
                    now += pause;
                    foreach (var address in present)
                    {
                        known[address] = known[address] with { At = now };
                    }

                    membership.Forget(clock.Now());
                    membership.Update(Discovered(numbers), s_breaker, newcomersJoinProven: true, panicThreshold: 0.5);

                    var members = membership.Members.ToDictionary(static member => member.Address);
                    Assert.All(numbers, number => Assert.Contains(Address(number), members.Keys));
                    Assert.Equal(members.Keys.OrderBy(static address => address.AbsoluteUri, StringComparer.Ordinal), membership.Members.Select(static member => member.Address));
                    foreach (var (address, member) in members)
                    {
                        // Remembered: whoever was listed within the last five minutes is the same object.
                        Assert.True(!known.TryGetValue(address, out var before) || now - before.At > EndpointMembership.Remembered.TotalSeconds || ReferenceEquals(before.Endpoint, member));
                        known[address] = (member, numbers.Any(number => Address(number) == address) ? now : known[address].At);
                    }

                    // Kept beyond the list are only the victims of a mass disappearance, and those are marked.
                    var kept = members.Where(member => !numbers.Any(number => Address(number) == member.Key)).Select(static member => member.Value).ToList();
                    Assert.True(kept.Count == 0 || (numbers.Length > 0 && kept.Count >= EndpointMembership.Mass && numbers.Length < 0.5 * members.Count));
                    Assert.All(kept, static member => Assert.False(member.IsHealthy));
                    present = [.. numbers.Select(Address)];
                }
            },
            iter: 300);
    }

    [Fact]
    public async Task L09_AMillionDistinctAddresses_LeaveNothingBehind()
    {
        const int Each = 1_000;
        var updates = ScenarioLength.Of(50, 1_000);
        var membership = new EndpointMembership(new MonotonicClock(_time), new NoJitter());
        var gone = new List<WeakReference>();
        for (var update = 0; update < updates; update++)
        {
            membership.Update(Discovered(Enumerable.Range(update * Each, Each)), s_breaker, newcomersJoinProven: true, panicThreshold: 0.5);
            gone.AddRange(membership.Members.Where(static (_, index) => index % 100 == 0).Select(static endpoint => new WeakReference(endpoint)));
            _time.Advance(TimeSpan.FromSeconds(10));
            Assert.InRange(membership.Tracked, Each, Each + (Each * (2 + (int)(EndpointMembership.Remembered / TimeSpan.FromSeconds(10)))));
        }

        membership.Update(Discovered([1]), s_breaker, newcomersJoinProven: true, panicThreshold: 0);
        _time.Advance(EndpointMembership.Remembered + TimeSpan.FromSeconds(1));
        membership.Forget(_time.GetTimestamp());

        Assert.Equal(1, membership.Tracked);
        await Eventually.BecomesTrueAfterCollectionAsync(() => gone.TrueForAll(static endpoint => !endpoint.IsAlive));
    }

    private static Uri Address(int number) => new($"http://10.{number >> 16}.{(number >> 8) & 255}.{number & 255}:8080");

    private static int Number(MeshEndpoint endpoint) => int.Parse(endpoint.Address.Host.Split('.')[3], CultureInfo.InvariantCulture);

    private static List<DiscoveredEndpoint> Discovered(IEnumerable<int> numbers) => [.. numbers.Select(static number => new DiscoveredEndpoint(Address(number), EndpointMetadata.None, null))];

    private static Task PublishAsync(VirtualMesh mesh, int endpoints) => mesh.PublishAsync([.. Enumerable.Range(1, endpoints).Select(VirtualMesh.Address).Select(ManualEndpoint.FromString)]);

    private Task<VirtualMesh> StartAsync(int endpoints, Action<MeshPolicy>? more = null) => VirtualMesh.StartAsync(_time, more, endpoints);
}
