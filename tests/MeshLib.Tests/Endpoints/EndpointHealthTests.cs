using MeshLib.TestKit;
using MeshLib.Tests.Calls;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Endpoints;

public class EndpointHealthTests() : EndpointHealthCases(new FakeTimeProvider());

public class EndpointHealthTestsOnTheOddClock() : EndpointHealthCases(new OddClock());

/// <summary>Breakers, probes and panic as calls meet them.</summary>
public abstract class EndpointHealthCases(FakeTimeProvider time)
{
    [Theory]
    [InlineData("503")]
    [InlineData("502")]
    [InlineData("504")]
    [InlineData("refused")]
    [InlineData("connect timeout")]
    [InlineData("tls")]
    [InlineData("name")]
    public async Task FailuresInARow_CutTheEndpointOff(string failure)
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.Retry.MaxAttempts = 1, endpoints: 1);
        mesh.Transport.Answer(_ => Answer(failure));
        for (var call = 0; call < 5; call++)
        {
            Assert.Equal(EndpointState.Available, mesh.Endpoints[0].State);
            await SendAsync(mesh);
        }

        Assert.Equal(EndpointState.Open, mesh.Endpoints[0].State);
        Assert.Equal(1, mesh.Meters.Sum("mesh.breaker.transitions", ("service", "orders"), ("state", "open")));
        Assert.Single(mesh.Logs.WithEvent(200));
        Assert.Equal(1, mesh.Meters.Observe("mesh.endpoints", ("state", "open")).Single().Value);

        await Assert.ThrowsAsync<NoEndpointAvailableException>(() => mesh.GetAsync().WithinHangLimit());
        Assert.Equal(5, mesh.Transport.Attempts);
        await mesh.AssertIdleAsync();
    }

    [Theory]
    [InlineData("500")]
    [InlineData("404")]
    [InlineData("429")]
    [InlineData("fault")]
    public async Task LesserFailuresInARow_DoNot(string failure)
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.Retry.MaxAttempts = 1, endpoints: 1);
        mesh.Transport.Answer(_ => Answer(failure));
        for (var call = 0; call < 10; call++)
        {
            await SendAsync(mesh);
        }

        Assert.Equal(EndpointState.Available, mesh.Endpoints[0].State);
    }

    [Fact]
    public async Task WhenAllAreCutOff_CallsAreRefusedWithTheTimeOfTheNextProbe()
    {
        await using var mesh = await StartOpenAsync(time, endpoints: 3);
        var before = mesh.Transport.Attempts;

        mesh.Advance(400);
        var refusal = await Assert.ThrowsAsync<NoEndpointAvailableException>(() => mesh.GetAsync().WithinHangLimit());

        Assert.Equal((OutcomeReason.AllEndpointsOpen, 0, System.Net.HttpStatusCode.ServiceUnavailable), (refusal.Reason, refusal.Attempts, refusal.StatusCode));
        Assert.Equal(600, refusal.RetryAfter!.Value.TotalMilliseconds, 1.0);
        Assert.Equal(before, mesh.Transport.Attempts);
        Assert.Equal(1, mesh.Meters.Sum("mesh.client.rejections", ("reason", "all_endpoints_open")));
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task OneOfAThousandCallers_IsTheProbe()
    {
        await using var mesh = await StartOpenAsync(time, endpoints: 1);
        mesh.Transport.Answer((Func<ScriptedRequest, HttpResponseMessage>?)null);
        var before = mesh.Transport.Attempts;
        mesh.Advance(1_001);

        var calls = Enumerable.Range(0, 1000).Select(_ => Task.Run(() => mesh.GetAsync())).ToList();
        var probe = await mesh.Transport.NextAsync();
        await Eventually.EqualsAsync(999, () => calls.Count(call => call.IsFaulted));
        Assert.Equal(EndpointState.Probing, mesh.Endpoints[0].State);
        Assert.Equal(before + 1, mesh.Transport.Attempts);
        probe.Respond(200);

        await Eventually.EqualsAsync(1, () => calls.Count(call => call.IsCompletedSuccessfully));
        Assert.Equal(EndpointState.Available, mesh.Endpoints[0].State);
        Assert.All(calls.Where(call => call.IsFaulted), call => Assert.IsType<NoEndpointAvailableException>(call.Exception!.InnerException));
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task FailedProbe_RenewsTheBreak()
    {
        await using var mesh = await StartOpenAsync(time, endpoints: 1);
        mesh.Advance(1_001);
        await SendAsync(mesh);

        Assert.Equal(EndpointState.Open, mesh.Endpoints[0].State);
        mesh.Advance(1_001);
        await Assert.ThrowsAsync<NoEndpointAvailableException>(() => mesh.GetAsync().WithinHangLimit());
        mesh.Transport.AnswerWith(200);
        mesh.Advance(1_001);
        (await mesh.GetAsync().WithinHangLimit()).Dispose();
        Assert.Equal(EndpointState.Available, mesh.Endpoints[0].State);
    }

    [Fact]
    public async Task CancelledProbe_FreesItsSlotAtOnceAHundredTimes()
    {
        await using var mesh = await StartOpenAsync(time, endpoints: 1);
        mesh.Transport.Answer((Func<ScriptedRequest, HttpResponseMessage>?)null);
        mesh.Advance(1_001);
        for (var round = 0; round < 100; round++)
        {
            using var cancellation = new CancellationTokenSource();
            var call = mesh.GetAsync(cancellationToken: cancellation.Token);
            await mesh.Transport.NextAsync();
            await cancellation.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WithinHangLimit());
        }

        var last = mesh.GetAsync();
        (await mesh.Transport.NextAsync()).Respond(200);
        (await last.WithinHangLimit()).Dispose();
        Assert.Equal(EndpointState.Available, mesh.Endpoints[0].State);
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task ProbeThatNeverEnds_IsFollowedByAnother()
    {
        await using var mesh = await StartOpenAsync(time, endpoints: 1);
        mesh.Transport.Answer((Func<ScriptedRequest, HttpResponseMessage>?)null);
        mesh.Advance(1_001);
        var stuck = mesh.SendAsync(VirtualMesh.Request("POST"));
        Assert.Equal(0, mesh.Transport.InFlight);
        await Record.ExceptionAsync(() => stuck.WithinHangLimit());
        var probe = mesh.GetAsync();
        (await mesh.Transport.NextAsync()).Hang(ignoringCancellation: true);

        mesh.Advance(3_001);
        var second = mesh.GetAsync();
        (await mesh.Transport.NextAsync()).Respond(200);

        (await second.WithinHangLimit()).Dispose();
        Assert.Equal(EndpointState.Available, mesh.Endpoints[0].State);
        Assert.False(probe.IsCompleted);
    }

    [Fact]
    public async Task Probe_PrefersARequestThatMayBeRepeated()
    {
        await using var mesh = await StartOpenAsync(time, endpoints: 2, failing: 1);
        mesh.Transport.AnswerWith(200);
        mesh.Advance(1_001);
        for (var call = 0; call < 5; call++)
        {
            (await mesh.SendAsync(VirtualMesh.Request("POST")).WithinHangLimit()).Dispose();
        }

        Assert.Contains(mesh.Endpoints, endpoint => endpoint.State == EndpointState.Open);
        (await mesh.GetAsync().WithinHangLimit()).Dispose();
        Assert.All(mesh.Endpoints, endpoint => Assert.Equal(EndpointState.Available, endpoint.State));
    }

    [Fact]
    public async Task ProbeOfAServiceWithoutRepeatableRequests_ComesABreakLater()
    {
        await using var mesh = await StartOpenAsync(time, endpoints: 2, failing: 1);
        mesh.Transport.AnswerWith(200);
        mesh.Advance(2_001);

        (await mesh.SendAsync(VirtualMesh.Request("POST")).WithinHangLimit()).Dispose();

        Assert.All(mesh.Endpoints, endpoint => Assert.Equal(EndpointState.Available, endpoint.State));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task BreakerThatCutsNobodyOff_ClosesAgainWhenTheEndpointIsWell(bool external)
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy =>
        {
            policy.External = external ? true : null;
            policy.Mode = external ? null : MeshMode.Observe;
            policy.Retry.MaxAttempts = 1;
            policy.CircuitBreaker.ConsecutiveFailures = 1;
        }, endpoints: 1);
        mesh.Transport.AnswerWith(503);
        (await mesh.GetAsync().WithinHangLimit()).Dispose();
        Assert.Equal(1, mesh.Meters.Observe("mesh.endpoints", ("state", "open")).Single().Value);

        mesh.Transport.AnswerWith(200);
        (await mesh.GetAsync().WithinHangLimit()).Dispose();
        Assert.Equal(EndpointState.Open, mesh.Endpoints[0].State);
        mesh.Advance(2_000);
        (await mesh.GetAsync().WithinHangLimit()).Dispose();

        Assert.Equal(EndpointState.Available, mesh.Endpoints[0].State);
        Assert.Equal(0, mesh.Meters.Observe("mesh.endpoints", ("state", "open")).Single().Value);
        Assert.Equal(3, mesh.Transport.Attempts);
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task LoneExternalHost_IsNeverCutOff()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy =>
        {
            policy.External = true;
            policy.Retry.MaxAttempts = 1;
        });
        mesh.Transport.AnswerWith(503);

        for (var call = 0; call < 20; call++)
        {
            Assert.Null(await SendAsync(mesh));
        }

        Assert.Equal(20, mesh.Transport.AttemptsTo("http://orders"));
    }

    [Fact]
    public async Task UnhealthyEndpoints_GetTrafficOnlyInPanic()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.LoadBalancing.Policy = "RoundRobin", endpoints: 0);
        mesh.Transport.AnswerWith(200);
        await mesh.PublishAsync(VirtualMesh.Address(1), VirtualMesh.Address(2), Sick(3));
        await SendManyAsync(mesh, 30);
        Assert.Equal(0, mesh.Transport.AttemptsTo(VirtualMesh.Address(3)));
        Assert.Equal(0, mesh.Meters.Observe("mesh.panic").Single().Value);

        // One of three healthy is below the threshold of a half.
        await mesh.PublishAsync(VirtualMesh.Address(1), Sick(2), Sick(3));
        await SendManyAsync(mesh, 30);
        Assert.True(mesh.Transport.AttemptsTo(VirtualMesh.Address(3)) >= 10);
        Assert.Equal(1, mesh.Meters.Observe("mesh.panic").Single().Value);
        Assert.Single(mesh.Logs.WithEvent(201));

        await mesh.PublishAsync(VirtualMesh.Address(1), VirtualMesh.Address(2), Sick(3));
        var seen = mesh.Transport.AttemptsTo(VirtualMesh.Address(3));
        await SendManyAsync(mesh, 30);
        Assert.Equal(seen, mesh.Transport.AttemptsTo(VirtualMesh.Address(3)));
        Assert.Equal(2, mesh.Logs.WithEvent(201).Count);
    }

    [Fact]
    public async Task PanicWithNobodyHealthy_UsesAllThatAreNotCutOff()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy =>
        {
            policy.CircuitBreaker.ConsecutiveFailures = 1;
            policy.LoadBalancing.Policy = "RoundRobin";
        }, endpoints: 0);
        await mesh.PublishAsync(Sick(1), Sick(2));
        mesh.Transport.Answer(request => ScriptedTransport.Response(request.Endpoint == VirtualMesh.Address(1) ? 503 : 200));

        await SendManyAsync(mesh, 10);

        Assert.Equal(1, mesh.Transport.AttemptsTo(VirtualMesh.Address(1)));
        Assert.True(mesh.Transport.AttemptsTo(VirtualMesh.Address(2)) >= 9);
    }

    [Fact]
    public async Task PanicThresholdOfZero_NeverUsesTheUnhealthy()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.LoadBalancing.PanicThreshold = 0, endpoints: 0);
        await mesh.PublishAsync(Sick(1));

        Assert.IsType<NoEndpointAvailableException>(await SendAsync(mesh));
    }

    [Fact]
    public async Task PickerThatThrows_FailsOpenToLiveEndpointsAndIsCounted()
    {
        await using var mesh = await VirtualMesh.StartAsync(
            time, policy => policy.LoadBalancing.Policy = "Broken", services: services => services.AddMesh().AddLoadBalancer<BrokenBalancer>("Broken"));
        mesh.Transport.AnswerWith(200);

        await SendManyAsync(mesh, 60);

        Assert.Equal(60, mesh.Meters.Sum("mesh.internal_errors", ("service", "orders"), ("where", "picker")));
        Assert.Single(mesh.Logs.WithEvent(202));
        Assert.Equal(3, mesh.Transport.AttemptsPerEndpoint.Count);
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task PickerThatThrows_IsNotSentToTheEndpointThatIsCutOff()
    {
        await using var mesh = await VirtualMesh.StartAsync(
            time,
            policy =>
            {
                policy.LoadBalancing.Policy = "Broken";
                policy.CircuitBreaker.ConsecutiveFailures = 1;
            },
            endpoints: 2,
            services: services => services.AddMesh().AddLoadBalancer<BrokenBalancer>("Broken"));
        mesh.Transport.Answer(request => ScriptedTransport.Response(request.Endpoint == VirtualMesh.Address(1) ? 503 : 200));

        await SendManyAsync(mesh, 20);

        Assert.InRange(mesh.Transport.AttemptsTo(VirtualMesh.Address(1)), 0, 1);
    }

    [Fact]
    public async Task PickerThatPicksAnOutsider_FailsOpenToLiveEndpointsAndIsCounted()
    {
        await using var mesh = await VirtualMesh.StartAsync(
            time, policy => policy.LoadBalancing.Policy = "Broken", services: services => services.AddMesh().AddLoadBalancer<BalancerThatRemembers>("Broken"));
        mesh.Transport.AnswerWith(200);
        await SendManyAsync(mesh, 1);
        await mesh.PublishAsync(new ManualEndpoint(VirtualMesh.Address(7), EndpointMetadata.None), new ManualEndpoint(VirtualMesh.Address(8), EndpointMetadata.None));

        await SendManyAsync(mesh, 40);

        Assert.Equal(40, mesh.Meters.Sum("mesh.internal_errors", ("service", "orders"), ("where", "picker")));
        Assert.Equal(40, mesh.Transport.AttemptsTo(VirtualMesh.Address(7)) + mesh.Transport.AttemptsTo(VirtualMesh.Address(8)));
        await mesh.AssertIdleAsync();
    }

    [Theory]
    [InlineData(typeof(BalancerThatMakesNoPicker))]
    [InlineData(typeof(BalancerThatCannotBeMade))]
    public async Task BalancerThatThrows_FailsOpenAndIsCounted(Type balancer)
    {
        await using var mesh = await VirtualMesh.StartAsync(
            time,
            policy =>
            {
                policy.LoadBalancing.Policy = "Broken";
                policy.CircuitBreaker.ConsecutiveFailures = 1;
            },
            services: services => _ = balancer == typeof(BalancerThatCannotBeMade)
                ? services.AddMesh().AddLoadBalancer<BalancerThatCannotBeMade>("Broken")
                : services.AddMesh().AddLoadBalancer<BalancerThatMakesNoPicker>("Broken"));
        mesh.Transport.Answer(request => ScriptedTransport.Response(request.Endpoint == VirtualMesh.Address(1) ? 503 : 200));

        await SendManyAsync(mesh, 20);

        Assert.True(mesh.Meters.Sum("mesh.internal_errors", ("service", "orders"), ("where", "balancer")) >= 1);
        Assert.Empty(mesh.Logs.WithEvent(100));
        Assert.Equal(20, mesh.Meters.Count("mesh.client.request.duration", ("outcome", "ok")));
        await mesh.AssertIdleAsync();
    }

    private static ManualEndpoint Sick(int number) => new(VirtualMesh.Address(number), new EndpointMetadata { Healthy = false });

    private static async Task<VirtualMesh> StartOpenAsync(FakeTimeProvider time, int endpoints, int? failing = null)
    {
        var mesh = await VirtualMesh.StartAsync(time, policy =>
        {
            policy.CircuitBreaker.ConsecutiveFailures = 1;
            policy.Retry.MaxAttempts = 1;
            policy.LoadBalancing.Policy = "RoundRobin";
        }, endpoints);
        mesh.Transport.Answer(request => ScriptedTransport.Response(failing is null || request.Endpoint == VirtualMesh.Address(failing.Value) ? 503 : 200));
        await SendManyAsync(mesh, endpoints);
        Assert.Equal(failing is null ? endpoints : 1, mesh.Endpoints.Count(endpoint => endpoint.State == EndpointState.Open));
        return mesh;
    }

    private static async Task SendManyAsync(VirtualMesh mesh, int calls)
    {
        for (var call = 0; call < calls; call++)
        {
            Assert.Null(await SendAsync(mesh));
        }
    }

    private static async Task<Exception?> SendAsync(VirtualMesh mesh) => await Record.ExceptionAsync(async () => (await mesh.GetAsync().WithinHangLimit()).Dispose());

    private static HttpResponseMessage Answer(string failure) => failure switch
    {
        "refused" => throw TransportErrors.Refused(),
        "connect timeout" => throw TransportErrors.ConnectTimeout(),
        "tls" => throw TransportErrors.Tls(),
        "name" => throw TransportErrors.NameNotResolved(),
        "fault" => throw new InvalidOperationException("A fault of the request."),
        _ => ScriptedTransport.Response(int.Parse(failure, System.Globalization.CultureInfo.InvariantCulture)),
    };

    private sealed class BrokenBalancer : LoadBalancer
    {
        public override EndpointPicker CreatePicker(IReadOnlyList<MeshEndpoint> endpoints) => new Picker();

        private sealed class Picker : EndpointPicker
        {
            public override MeshEndpoint? Pick(MeshCall call) => throw new InvalidOperationException("A picker's own fault.");
        }
    }

    /// <summary>It goes on picking from the first set that it was shown.</summary>
    private sealed class BalancerThatRemembers : LoadBalancer
    {
        private Picker? _first;

        public override EndpointPicker CreatePicker(IReadOnlyList<MeshEndpoint> endpoints) => _first ??= new Picker(endpoints[0]);

        private sealed class Picker(MeshEndpoint first) : EndpointPicker
        {
            public override MeshEndpoint? Pick(MeshCall call) => first;
        }
    }

    private sealed class BalancerThatMakesNoPicker : LoadBalancer
    {
        public override EndpointPicker CreatePicker(IReadOnlyList<MeshEndpoint> endpoints) => throw new InvalidOperationException("A balancer's own fault.");
    }

    private sealed class BalancerThatCannotBeMade : LoadBalancer
    {
        public BalancerThatCannotBeMade() => throw new InvalidOperationException("A balancer's own fault.");

        public override EndpointPicker CreatePicker(IReadOnlyList<MeshEndpoint> endpoints) => throw new NotSupportedException();
    }
}
