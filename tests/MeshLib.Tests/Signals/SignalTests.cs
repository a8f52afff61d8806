using System.Diagnostics;
using MeshLib.TestKit;
using MeshLib.Tests.Calls;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Signals;

public class SignalTests() : SignalCases(new FakeTimeProvider());

public class SignalTestsOnTheOddClock() : SignalCases(new OddClock());

/// <summary>What a call tells of itself: metrics, one span, a report.</summary>
public abstract class SignalCases(FakeTimeProvider time)
{
    [Fact]
    public async Task Success_IsOneRequestAndOneAttemptInSeconds()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        var call = mesh.GetAsync();
        var exchange = await mesh.Transport.NextAsync();
        Assert.Equal(1, mesh.Meters.Sum("mesh.client.active_requests", ("service", "orders")));
        mesh.Advance(250);
        exchange.Respond(200);
        (await call.WithinHangLimit()).Dispose();

        foreach (var name in (string[])["mesh.client.request.duration", "mesh.client.attempt.duration"])
        {
            var measured = Assert.Single(mesh.Meters.Of(name));
            Assert.Equal(0.25, measured.Value, 0.001);
            Assert.Equal(["outcome", "service"], measured.Tags.Keys.Order());
            Assert.True(measured.Has(("service", "orders"), ("outcome", "ok")));
        }

        Assert.Equal(0, mesh.Meters.Sum("mesh.client.active_requests"));
        Assert.Equal(0, mesh.Meters.Count("mesh.client.retries"));
        Assert.Equal(0, mesh.Meters.Count("mesh.client.rejections"));
    }

    [Fact]
    public async Task RetriedCall_IsOneRequestWithItsAttemptsAndRetries()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.Answer(request => request.Number switch
        {
            1 => ScriptedTransport.Response(503),
            2 => throw TransportErrors.Reset(),
            _ => ScriptedTransport.Response(200),
        });

        (await mesh.GetAsync().WithinHangLimit()).Dispose();

        Assert.Equal("ok", Assert.Single(mesh.Meters.Of("mesh.client.request.duration")).Tags["outcome"]);
        Assert.Equal(["unavailable", "reset", "ok"], mesh.Meters.Of("mesh.client.attempt.duration").Select(attempt => attempt.Tags["outcome"]));
        Assert.Equal(["unavailable", "reset"], mesh.Meters.Of("mesh.client.retries", ("service", "orders")).Select(retry => retry.Tags["reason"]));
        Assert.Equal(3, mesh.Meters.Observe("mesh.retry_budget.balance", ("service", "orders")).Single().Value, 0.2);
    }

    [Fact]
    public async Task FailureThatIsHandedBack_TellsWhatForbadeAnotherAttempt()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.AnswerWith(503);
        (await mesh.SendAsync(VirtualMesh.Request("POST")).WithinHangLimit()).Dispose();
        (await mesh.GetAsync().WithinHangLimit()).Dispose();

        Assert.Equal(["not_repeatable", "attempts_spent"], mesh.Meters.Of("mesh.client.retry_refusals").Select(refusal => refusal.Tags["reason"]));
        Assert.Equal(2, mesh.Meters.Count("mesh.client.request.duration", ("outcome", "unavailable")));
    }

    [Fact]
    public async Task Rejection_IsARequestWithoutAnAttempt()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, endpoints: 0);

        await Assert.ThrowsAsync<NoEndpointAvailableException>(() => mesh.GetAsync().WithinHangLimit());

        Assert.Equal("no_endpoint", Assert.Single(mesh.Meters.Of("mesh.client.request.duration")).Tags["outcome"]);
        Assert.Equal(1, mesh.Meters.Sum("mesh.client.rejections", ("service", "orders"), ("reason", "no_endpoint")));
        Assert.Equal(0, mesh.Meters.Count("mesh.client.attempt.duration"));
        Assert.Equal(0, mesh.Meters.Sum("mesh.client.active_requests"));
    }

    [Fact]
    public async Task Requests_AreNotLogged()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.CircuitBreaker.MinimumThroughput = 1_000);
        mesh.Transport.AnswerWith(500);
        var before = mesh.Logs.Of("MeshLib").Count;

        for (var call = 0; call < 20; call++)
        {
            (await mesh.GetAsync().WithinHangLimit()).Dispose();
        }

        Assert.Equal(before, mesh.Logs.Of("MeshLib").Count);
        Assert.DoesNotContain(mesh.Logs.Entries, entry => entry.Level > Microsoft.Extensions.Logging.LogLevel.Information);
    }

    [Fact]
    public async Task TagValues_AreBounded()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.Answer(request => ScriptedTransport.Response(request.Number % 2 == 0 ? 500 : 200));
        for (var call = 0; call < 20; call++)
        {
            (await mesh.GetAsync($"/secret/{call}?q={call}").WithinHangLimit()).Dispose();
        }

        var values = mesh.Meters.Measurements.SelectMany(measured => measured.Tags.Values).OfType<string>().Distinct().ToList();
        Assert.DoesNotContain(values, value => value.Contains('/', StringComparison.Ordinal) || value.Contains("10.0.0", StringComparison.Ordinal));
        Assert.InRange(values.Count, 1, 12);
    }

    [Fact]
    public async Task Call_IsOneSpanWithAnEventPerAttempt()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        using var recorder = new ActivityRecorder();
        var parents = new List<string?>();
        mesh.Transport.Answer(request =>
        {
            parents.Add(Activity.Current?.OperationName);
            return ScriptedTransport.Response(request.Number == 1 ? 503 : 200);
        });

        using var response = await mesh.GetAsync("/path?query").WithinHangLimit();

        var span = Assert.Single(recorder.Stopped);
        Assert.Equal(("GET orders", ActivityStatusCode.Unset, recorder.Root.SpanId), (span.OperationName, span.Status, span.ParentSpanId));
        Assert.Equal(["GET orders", "GET orders"], parents);
        Assert.Equal(2, span.GetTagItem("mesh.attempts"));
        Assert.Null(span.GetTagItem("error.type"));
        Assert.Equal([(1, "unavailable"), (2, "ok")], span.Events.Select(attempt => Tags(attempt)));
        Assert.Equal(response.GetMeshReport()!.Attempts.Select(attempt => attempt.Endpoint.AbsoluteUri.TrimEnd('/')), span.Events.Select(attempt => attempt.Tags.Single(tag => tag.Key == "mesh.endpoint").Value));
        Assert.DoesNotContain(span.TagObjects, tag => tag.Value is string value && value.Contains("path", StringComparison.Ordinal));
        Assert.Same(recorder.Root, Activity.Current);

        static (int, string) Tags(ActivityEvent attempt) =>
            ((int)attempt.Tags.Single(tag => tag.Key == "mesh.attempt").Value!, (string)attempt.Tags.Single(tag => tag.Key == "mesh.reason" || tag.Key == "reason").Value!);
    }

    [Theory]
    [InlineData("failure", ActivityStatusCode.Error, "reset")]
    [InlineData("rejection", ActivityStatusCode.Error, "pinned_endpoint_unknown")]
    [InlineData("cancelled", ActivityStatusCode.Unset, "caller_cancelled")]
    public async Task SpanOfACallThatEndedBadly_SaysHow(string how, ActivityStatusCode status, string error)
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        using var recorder = new ActivityRecorder();
        using var cancellation = new CancellationTokenSource();
        using var request = VirtualMesh.Request("POST");
        if (how == "rejection")
        {
            request.PinMeshEndpoint(new Uri("http://10.9.9.9"));
        }

        var call = mesh.SendAsync(request, cancellation.Token);
        if (how == "failure")
        {
            (await mesh.Transport.NextAsync()).Fail(TransportErrors.Reset());
        }

        if (how == "cancelled")
        {
            await cancellation.CancelAsync();
        }

        await Record.ExceptionAsync(() => call.WithinHangLimit());

        var span = Assert.Single(recorder.Stopped);
        Assert.Equal((status, error), (span.Status, span.GetTagItem("error.type")));
    }

    [Fact]
    public async Task Report_IsThereAfterAnAnswerAndAfterAnException()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.Answer(request => request.Number < 4 ? throw TransportErrors.Reset() : ScriptedTransport.Response(200));
        using var failing = VirtualMesh.Request();
        await Assert.ThrowsAsync<HttpRequestException>(() => mesh.SendAsync(failing).WithinHangLimit());
        using var response = await mesh.GetAsync().WithinHangLimit();

        var failed = failing.GetMeshReport()!;
        Assert.Equal(("orders", OutcomeReason.Reset, 3), (failed.Service, failed.Reason, failed.Attempts.Count));
        Assert.Equal(3, failed.Attempts.Select(attempt => attempt.Endpoint).Distinct().Count());
        Assert.Equal(failed.Attempts[^1].Endpoint, failed.Endpoint);
        Assert.Equal((OutcomeReason.Ok, 1), (response.GetMeshReport()!.Reason, response.GetMeshReport()!.Attempts.Count));
    }

    [Fact]
    public async Task Report_IsThereForATransportThatForgetsTheRequest()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.AnswerWith(200);
        using var response = await mesh.GetAsync().WithinHangLimit();

        Assert.NotNull(response.RequestMessage);
        Assert.NotNull(response.GetMeshReport());
    }
}
