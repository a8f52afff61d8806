using CsCheck;
using MeshLib.TestKit;
using MeshLib.Tests.Calls;
using MeshLib.Tests.Endpoints;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using static MeshLib.Tests.Locality.ZonedMesh;

namespace MeshLib.Tests.Subsetting;

/// <summary>Checks and ejections where a process uses a part of a set only.</summary>
public sealed class SubsetHealthTests : IDisposable
{
    private const int Size = 20;

    private readonly FakeTimeProvider _time = new();
    private readonly ScriptedTransport _checks = new();

    public SubsetHealthTests() => _checks.AnswerWith(200);

    [Fact]
    public async Task OnlyThoseInUse_AreChecked()
    {
        await using var mesh = await StartAsync(null, Zoned(("a", 200)));

        await PassAsync(mesh, 31);

        Assert.Equal(mesh.Set.Snapshot!.Peers.Select(static endpoint => endpoint.Prefix).Order(StringComparer.Ordinal), _checks.AttemptsPerEndpoint.Keys.Order(StringComparer.Ordinal));
        Assert.All(_checks.AttemptsPerEndpoint, static attempts => Assert.InRange(attempts.Value, 3, 4));
    }

    [Fact]
    public async Task WhereAllAreUsed_AllAreChecked()
    {
        await using var mesh = await StartAsync(null, Zoned(("a", 200)), static policy => policy.Subsetting.Enabled = false);

        await PassAsync(mesh, 11);

        Assert.Equal(200, _checks.AttemptsPerEndpoint.Count);
        Assert.Same(mesh.Set.Snapshot!.All, mesh.Set.Snapshot.Checked);
        Assert.Same(mesh.Set.Snapshot.All, mesh.Set.Snapshot.Compared);
    }

    [Fact]
    public async Task WhoIsUnhealthy_IsReplacedAndCheckedUntilItIsWell()
    {
        await using var mesh = await StartAsync(null, Zoned(("a", 200)));
        var before = mesh.Set.Snapshot!.Peers;
        var sick = before[7];
        _checks.Answer(request => ScriptedTransport.Response(request.Endpoint == sick.Prefix ? 503 : 200));

        await PassAsync(mesh, 31);

        Assert.Equal(EndpointState.Unhealthy, sick.State);
        Assert.Equal(Size, mesh.Set.Snapshot!.Peers.Count);
        var standIn = Assert.Single(mesh.Set.Snapshot.Peers.Except(before));
        await PassAsync(mesh, 11);
        Assert.Equal(Size + 1, _checks.AttemptsPerEndpoint.Count);
        Assert.True(_checks.AttemptsTo(standIn.Prefix) > 0);

        _checks.AnswerWith(200);
        await PassAsync(mesh, 21);

        Assert.Equal(EndpointState.Available, sick.State);
        Assert.Equal(before, mesh.Set.Snapshot.Peers);
        var sent = _checks.AttemptsTo(standIn.Prefix);
        await PassAsync(mesh, 20);
        Assert.Equal(sent, _checks.AttemptsTo(standIn.Prefix));
    }

    [Fact]
    public async Task StandInThatIsUnhealthyWhenItIsNoLongerNeeded_IsCheckedUntilItIsWell()
    {
        await using var mesh = await StartAsync(null, Zoned(("a", 200)));
        var before = mesh.Set.Snapshot!.Peers;
        HashSet<string> sick = [before[7].Prefix];
        _checks.Answer(request => ScriptedTransport.Response(sick.Contains(request.Endpoint) ? 503 : 200));
        await PassAsync(mesh, 31);
        var standIn = Assert.Single(mesh.Set.Snapshot!.Peers.Except(before));
        sick.Add(standIn.Prefix);
        await PassAsync(mesh, 41);
        Assert.Equal(EndpointState.Unhealthy, standIn.State);

        sick.Remove(before[7].Prefix);
        await PassAsync(mesh, 21);
        Assert.Equal(before, mesh.Set.Snapshot.Peers);
        Assert.Contains(standIn, mesh.Set.Snapshot.Checked);

        sick.Clear();
        await PassAsync(mesh, 21);
        Assert.Equal(EndpointState.Available, standIn.State);
        Assert.Equal(Size, mesh.Set.Snapshot.Checked.Count);
    }

    [Fact]
    public async Task InZones_ThePartOfEachIsChecked_HoweverManyOfItAreDown()
    {
        // All of zone b has been lost, as the registry says: whoever is left of it to be found well is its part, and not all of it.
        ManualEndpoint[] orders = [.. Zoned(("a", 150)), .. Enumerable.Range(1, 120).Select(static number => Endpoint("b", number, healthy: false))];
        await using var mesh = await StartAsync("a", orders);
        Assert.Equal(1, mesh.Set.Snapshot!.LocalShare);

        await PassAsync(mesh, 11);

        Assert.Equal(
            [("a", Size), ("b", Size)],
            mesh.Set.Snapshot.All.Where(endpoint => _checks.AttemptsTo(endpoint.Prefix) > 0).CountBy(static endpoint => endpoint.Metadata.Zone!).Select(static zone => (zone.Key, zone.Value)).Order());
        Assert.Equal(Size, mesh.Set.Snapshot.Compared.Count);
    }

    [Fact]
    public async Task NoMoreAreEjected_ThanAShareOfThoseInUse()
    {
        await using var mesh = await StartAsync(null, Zoned(("a", 200)), static policy => policy.HealthCheck.Path = null);
        var sick = mesh.Set.Snapshot!.Peers.Take(8).ToHashSet();
        var simulation = Simulate(mesh, 3);
        simulation.Answer = endpoint => sick.Contains(endpoint) ? OutcomeReason.ServerError : OutcomeReason.Ok;

        var most = Enumerable.Range(0, 60).Max(_ =>
        {
            simulation.Run(1);
            return mesh.Endpoints.Count(static endpoint => endpoint.Health.Outlier.IsEjected);
        });

        Assert.Equal(2, most);
        Assert.Equal(Size, mesh.Set.Snapshot.Peers.Count);
    }

    [Fact]
    public async Task WhateverFails_EjectionsStayBelowTheCapAndLeaveSomebody() => await Gen.Select(Gen.Int[2, 30], Gen.Double[0, 1], Gen.Int[0, 1 << 16]).SampleAsync(
        async (size, ratio, seed) =>
        {
            await using var mesh = await StartAsync(
                null,
                Zoned(("a", 120)),
                policy =>
                {
                    policy.HealthCheck.Path = null;
                    policy.Subsetting.Size = size;
                    policy.OutlierDetection.MaxEjectedRatio = ratio;
                },
                new FakeTimeProvider());
            var random = new Random(seed);
            var simulation = Simulate(mesh, seed);
            for (var interval = 0; interval < 12; interval++)
            {
                var sick = mesh.Endpoints.Where(_ => random.Next(3) == 0).ToHashSet();
                simulation.Answer = endpoint => sick.Contains(endpoint) ? OutcomeReason.ServerError : OutcomeReason.Ok;
                simulation.Run(10);

                var (snapshot, ejected) = (mesh.Set.Snapshot!, mesh.Endpoints.Where(static endpoint => endpoint.Health.Outlier.IsEjected).ToList());
                Assert.InRange(ejected.Count, 0, Math.Max(ratio > 0 ? 1 : 0, (int)(ratio * snapshot.Compared.Count)));
                Assert.Contains(snapshot.Peers, static endpoint => endpoint.IsFit);
                Assert.Equal(snapshot.Peers.Union(ejected).ToHashSet(), snapshot.Compared.ToHashSet());
                Assert.Equal(0, simulation.Refused);
            }
        },
        iter: 20,
        threads: 1);

    public void Dispose() => _checks.Dispose();

    private static SetSimulation Simulate(VirtualMesh mesh, int seed) => new(mesh, ratePerSecond: 200, latency: 0.01, seed);

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

    private Task<VirtualMesh> StartAsync(string? zone, ManualEndpoint[] orders, Action<MeshPolicy>? more = null, FakeTimeProvider? time = null) => Locality.ZonedMesh.StartAsync(
        zone,
        orders,
        policy =>
        {
            policy.HealthCheck.Path = "/health";
            policy.Subsetting.Size = Size;
            policy.LoadBalancing.Policy = "RoundRobin";
            policy.CircuitBreaker.ConsecutiveFailures = 1_000_000;
            policy.CircuitBreaker.MinimumThroughput = 1_000_000;
            policy.OutlierDetection.MinimumThroughput = 20;
            more?.Invoke(policy);
        },
        time: time ?? _time,
        services: services => services.AddSingleton(new HealthCheckTransport(_checks, time ?? _time)));
}
