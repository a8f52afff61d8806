using MeshLib.TestKit;
using MeshLib.Tests.Calls;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Endpoints;

public class OutlierEjectionTests() : OutlierEjectionCases(new FakeTimeProvider());

public class OutlierEjectionTestsOnTheOddClock() : OutlierEjectionCases(new OddClock());

/// <summary>Ejections by peers, as calls meet them.</summary>
public abstract class OutlierEjectionCases(FakeTimeProvider time)
{
    private static readonly string s_sick = VirtualMesh.Address(1);

    [Fact]
    public async Task OneThatFailsMoreThanItsPeers_IsEjectedAndComesBack()
    {
        await using var mesh = await StartAsync(endpoints: 6);
        FailAt(mesh, s_sick);
        await SendManyAsync(mesh, 300);
        Assert.Equal(EndpointState.Available, Sick(mesh).State);

        mesh.Advance(10_000);

        Assert.Equal(EndpointState.Ejected, Sick(mesh).State);
        Assert.Equal(1, mesh.Meters.Sum("mesh.endpoint.ejections", ("service", "orders"), ("reason", "success_rate")));
        Assert.Equal(1, mesh.Meters.Observe("mesh.endpoints", ("state", "ejected")).Single().Value);
        Assert.Contains("50 of 50 calls failed", Assert.Single(mesh.Logs.WithEvent(206)).Message, StringComparison.Ordinal);
        Assert.Equal(0, mesh.Meters.Observe("mesh.panic").Single().Value);
        var before = mesh.Transport.AttemptsTo(s_sick);
        await SendManyAsync(mesh, 300);
        Assert.Equal(before, mesh.Transport.AttemptsTo(s_sick));

        mesh.Transport.AnswerWith(200);
        mesh.Advance(31_000);
        Assert.Equal(EndpointState.Available, Sick(mesh).State);
        Assert.Single(mesh.Logs.WithEvent(207));
        await SendManyAsync(mesh, 300);
        Assert.True(mesh.Transport.AttemptsTo(s_sick) > before);
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task InModeObserve_ItIsNotedAndChangesNothing()
    {
        await using var mesh = await StartAsync(endpoints: 6, policy => policy.Mode = MeshMode.Observe);
        FailAt(mesh, s_sick);
        await SendManyAsync(mesh, 300);
        mesh.Advance(10_000);

        Assert.Equal(EndpointState.Ejected, Sick(mesh).State);
        Assert.Equal(1, mesh.Meters.Sum("mesh.endpoint.ejections", ("reason", "success_rate")));
        var before = mesh.Transport.AttemptsTo(s_sick);
        await SendManyAsync(mesh, 300);
        Assert.Equal(before + 50, mesh.Transport.AttemptsTo(s_sick));
    }

    [Fact]
    public async Task WhenItIsSwitchedOff_NobodyIsCountedAndWhoWasEjectedReturns()
    {
        await using var mesh = await StartAsync(endpoints: 6, policy => policy.OutlierDetection.Enabled = false);
        FailAt(mesh, s_sick);
        await SendManyAsync(mesh, 300);

        Assert.Equal(default, Sick(mesh).Health.Outlier.Take());
        Sick(mesh).Health.Outlier.Eject(long.MaxValue, 1);
        mesh.Advance(1_000);
        Assert.Equal(EndpointState.Available, Sick(mesh).State);
    }

    [Fact]
    public async Task PinnedCalls_StillGoToWhoIsEjected()
    {
        await using var mesh = await StartAsync(endpoints: 6);
        FailAt(mesh, s_sick);
        await SendManyAsync(mesh, 300);
        mesh.Advance(10_000);
        var before = mesh.Transport.AttemptsTo(s_sick);
        using var request = VirtualMesh.Request();
        request.PinMeshEndpoint(new Uri(s_sick));

        (await mesh.SendAsync(request).WithinHangLimit()).Dispose();

        Assert.Equal(before + 1, mesh.Transport.AttemptsTo(s_sick));
    }

    [Fact]
    public async Task IdentityAndEjection_OutliveAnAbsence()
    {
        await using var mesh = await StartAsync(endpoints: 6);
        FailAt(mesh, s_sick);
        await SendManyAsync(mesh, 300);
        mesh.Advance(10_000);
        var sick = Sick(mesh);

        await mesh.PublishAsync([.. Enumerable.Range(2, 5).Select(VirtualMesh.Address).Select(ManualEndpoint.FromString)]);
        await mesh.PublishAsync([.. Enumerable.Range(1, 6).Select(VirtualMesh.Address).Select(ManualEndpoint.FromString)]);

        Assert.Same(sick, Sick(mesh));
        Assert.Equal(EndpointState.Ejected, sick.State);
    }

    [Fact]
    public async Task LoneExternalHost_IsNeverEjected()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy =>
        {
            Tolerate(policy);
            policy.External = true;
            policy.OutlierDetection.MinimumEndpoints = 1;
            policy.OutlierDetection.MaxEjectedRatio = 1;
        });
        mesh.Transport.AnswerWith(500);
        await SendManyAsync(mesh, 100);

        mesh.Advance(10_000);

        Assert.Equal(EndpointState.Available, mesh.Endpoints[0].State);
        Assert.Equal(0, mesh.Meters.Count("mesh.endpoint.ejections"));
    }

    [Fact]
    public async Task E32_WhenAllButTheLastAreEjected_PanicPicksAcrossAll()
    {
        await using var mesh = await StartAsync(endpoints: 4, policy =>
        {
            policy.LoadBalancing.Policy = "PeakEwma";
            policy.OutlierDetection.MinimumEndpoints = 1;
            policy.OutlierDetection.MaxEjectedRatio = 1;
        });
        mesh.Transport.Answer(_ => AnswerIn(TimeSpan.FromMilliseconds(10), 500));
        await SendManyAsync(mesh, 400);
        mesh.Advance(10_000);
        Assert.Equal(3, mesh.Endpoints.Count(static endpoint => endpoint.State == EndpointState.Ejected));
        Assert.Equal(1, mesh.Meters.Observe("mesh.panic").Single().Value);
        Assert.Equal(4, mesh.Set.Snapshot!.Live.Count);

        // One of those that are ejected is well again.
        var healed = mesh.Endpoints.First(static endpoint => endpoint.State == EndpointState.Ejected).Prefix;
        mesh.Transport.Answer(request => AnswerIn(TimeSpan.FromMilliseconds(10), request.Endpoint == healed ? 200 : 500));
        var successes = 0;
        for (var call = 0; call < 200; call++)
        {
            using var response = await mesh.GetAsync().WithinHangLimit();
            successes += response.IsSuccessStatusCode ? 1 : 0;
        }

        Assert.True(successes >= 0.20 * 200, $"{successes} of 200 calls succeeded");
        await mesh.AssertIdleAsync();
    }

    private static void Tolerate(MeshPolicy policy)
    {
        policy.Retry.MaxAttempts = 1;
        policy.LoadBalancing.Policy = "RoundRobin";
        policy.CircuitBreaker.ConsecutiveFailures = 1_000_000;
        policy.CircuitBreaker.MinimumThroughput = 1_000_000;
        policy.OutlierDetection.MinimumThroughput = 50;
    }

    private static void FailAt(VirtualMesh mesh, string address) => mesh.Transport.Answer(request => ScriptedTransport.Response(request.Endpoint == address ? 500 : 200));

    private HttpResponseMessage AnswerIn(TimeSpan latency, int status)
    {
        time.Advance(latency);
        return ScriptedTransport.Response(status);
    }

    private static MeshEndpoint Sick(VirtualMesh mesh) => mesh.Endpoints.Single(static endpoint => endpoint.Prefix == s_sick);

    private static async Task SendManyAsync(VirtualMesh mesh, int calls)
    {
        for (var call = 0; call < calls; call++)
        {
            (await mesh.GetAsync().WithinHangLimit()).Dispose();
        }
    }

    private Task<VirtualMesh> StartAsync(int endpoints, Action<MeshPolicy>? more = null) => VirtualMesh.StartAsync(
        time,
        policy =>
        {
            Tolerate(policy);
            more?.Invoke(policy);
        },
        endpoints);
}
