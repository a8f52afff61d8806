using System.Diagnostics.Metrics;
using MeshLib.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib.Tests.Signals;

/// <summary>What a call leaves in the metrics: each test states every measurement with every tag, so that one too many fails as well as one missing.</summary>
public class CallMetricsTests
{
    private const string Started = "mesh.client.active_requests{service=orders} 1";
    private const string Ended = "mesh.client.active_requests{service=orders} -1";

    [Fact]
    public async Task Success_IsOneCallAndOneAttempt()
    {
        await using var mesh = TestMesh.Orders();
        using var recorder = Record(mesh);

        await mesh.GetAsync();

        Assert.Equal([Ended, Started, Attempt("ok"), Call("ok")], recorder.Lines());
    }

    [Fact]
    public async Task ClientError_IsASuccessOfTheEndpointWithAnOutcomeOfItsOwn()
    {
        await using var mesh = TestMesh.Orders();
        using var recorder = Record(mesh);
        mesh.Transport.AnswerWith(404);

        await mesh.GetAsync();

        Assert.Equal([Ended, Started, Attempt("client_error"), Call("client_error")], recorder.Lines());
    }

    [Fact]
    public async Task Listener_WhoComesWhileACallIsUnderWay_DoesNotSeeOneCallFewerThanNone()
    {
        await using var mesh = TestMesh.Orders();
        mesh.Transport.Answer((Func<ScriptedRequest, HttpResponseMessage>?)null);
        var call = mesh.GetAsync();
        var exchange = await mesh.Transport.NextAsync();
        using var recorder = Record(mesh);

        exchange.Respond(200);
        await call;

        Assert.Equal([Attempt("ok"), Call("ok")], recorder.Lines());
    }

    [Fact]
    public async Task RetriedFailure_IsOneCallTwoAttemptsAndARetryWithTheReasonOfTheFirst()
    {
        await using var mesh = TestMesh.Orders();
        using var recorder = Record(mesh);
        mesh.Transport.Answer(static request => ScriptedTransport.Response(request.Number == 1 ? 503 : 200));

        await mesh.GetAsync();

        Assert.Equal([Ended, Started, Attempt("ok"), Attempt("unavailable"), Call("ok"), "mesh.client.retries{reason=unavailable,service=orders} 1"], recorder.Lines());
    }

    [Fact]
    public async Task Failure_WhenTheAttemptsAreSpent_SaysSo()
    {
        await using var mesh = TestMesh.Orders();
        using var recorder = Record(mesh);
        mesh.Transport.AnswerWith(500);

        await mesh.GetAsync();

        const string Retry = "mesh.client.retries{reason=server_error,service=orders} 1";
        Assert.Equal(
            [Ended, Started, Attempt("server_error"), Attempt("server_error"), Attempt("server_error"), Call("server_error"), Retry, Retry, Refused("attempts_spent")],
            recorder.Lines());
    }

    [Fact]
    public async Task Failure_WhenTheBudgetIsSpent_IsHandedBackAndCounted()
    {
        await using var mesh = TestMesh.Orders(static options =>
        {
            var budget = options.Services["orders"].Retry.Budget;
            (budget.Ratio, budget.MinPerSecond, budget.Burst) = (0, 0, 0);
        });
        using var recorder = Record(mesh);
        mesh.Transport.AnswerWith(500);

        await mesh.GetAsync();

        Assert.Equal([Ended, Started, Attempt("server_error"), Call("server_error"), Refused("budget_spent")], recorder.Lines());
    }

    [Fact]
    public async Task Failure_OfAPost_IsNotRepeatedAndSaysWhy()
    {
        await using var mesh = TestMesh.Orders();
        using var recorder = Record(mesh);
        mesh.Transport.AnswerWith(502);

        using var answer = await mesh.Client().PostAsync(new Uri("/", UriKind.Relative), null, TestContext.Current.CancellationToken);

        Assert.Equal([Ended, Started, Attempt("bad_gateway"), Call("bad_gateway"), Refused("not_repeatable")], recorder.Lines());
    }

    [Fact]
    public async Task Rejection_WhenEveryBreakerIsOpen_IsNoAttempt()
    {
        await using var mesh = TestMesh.Orders(static options => options.Services["orders"].CircuitBreaker.ConsecutiveFailures = 1, endpoints: 1);
        using var recorder = Record(mesh);
        mesh.Transport.AnswerWith(503);

        await mesh.GetAsync();
        await Assert.ThrowsAsync<NoEndpointAvailableException>(() => mesh.GetAsync());

        Assert.Equal(1, recorder.Sum("mesh.breaker.transitions", ("service", "orders"), ("state", "open")));
        Assert.Equal(1, recorder.Count("mesh.client.attempt.duration"));
        Assert.Equal([Rejected("all_endpoints_open")], recorder.Of("mesh.client.rejections").Select(SignalLines.Line));
        Assert.Equal([Call("unavailable"), Call("all_endpoints_open")], recorder.Of("mesh.client.request.duration").Select(SignalLines.Line));
        Assert.Equal(0, recorder.Sum("mesh.client.active_requests"));
    }

    [Fact]
    public async Task Breaker_WhoseFirstProbeFailsAndWhoseSecondSucceeds_CountsEveryTransition()
    {
        await using var mesh = TestMesh.Orders(static options => options.Services["orders"].CircuitBreaker.ConsecutiveFailures = 1, endpoints: 1);
        using var recorder = Record(mesh);
        mesh.Transport.Answer(static request => ScriptedTransport.Response(request.Number < 3 ? 503 : 200));

        await mesh.GetAsync();
        mesh.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(503, await mesh.GetAsync());
        mesh.Time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(200, await mesh.GetAsync());

        Assert.Equal(
            ["closed-open", "open-probing", "probing-open", "open-probing", "probing-closed"],
            recorder.Of("mesh.breaker.transitions", ("service", "orders")).Select(static change => $"{change.Tags["from"]}-{change.Tags["state"]}"));
    }

    [Fact]
    public async Task ProbeThatTakesAnothersPlace_IsNoTransition()
    {
        await using var mesh = TestMesh.Orders(
            static options =>
            {
                options.Services["orders"].CircuitBreaker.ConsecutiveFailures = 1;
                options.Services["orders"].Retry.MaxAttempts = 1;
            },
            endpoints: 1);
        using var recorder = Record(mesh);
        mesh.Transport.AnswerWith(503);
        await mesh.GetAsync();
        mesh.Transport.Answer((Func<ScriptedRequest, HttpResponseMessage>?)null);
        mesh.Time.Advance(TimeSpan.FromSeconds(2));
        var lost = mesh.GetAsync();
        var hanging = await mesh.Transport.NextAsync();
        mesh.Time.Advance(TimeSpan.FromSeconds(4));
        var second = mesh.GetAsync();
        (await mesh.Transport.NextAsync()).Respond(200);

        await second;
        hanging.Respond(200);
        await lost;

        Assert.Equal(["open", "probing", "closed"], recorder.Of("mesh.breaker.transitions").Select(static change => change.Tags["state"]));
    }

    [Fact]
    public async Task Rejection_WhenNoEndpointIsKnown_IsNoAttempt()
    {
        var source = new ManualEndpointSource();
        await using var mesh = Discovered(source);
        using var recorder = Record(mesh);
        source.Publish("orders");

        await Assert.ThrowsAsync<NoEndpointAvailableException>(() => mesh.GetAsync());

        Assert.Equal([Ended, Started, Rejected("no_endpoint"), Call("no_endpoint")], recorder.Lines());
    }

    [Fact]
    public async Task Rejection_WhenDiscoveryFails_IsNoAttempt()
    {
        var source = new ManualEndpointSource();
        source.Fail("orders", new IOException("registry away"));
        await using var mesh = Discovered(source);
        using var recorder = Record(mesh);

        await Assert.ThrowsAsync<NoEndpointAvailableException>(() => mesh.GetAsync());

        Assert.Equal([Ended, Started, Rejected("discovery_failed"), Call("discovery_failed")], recorder.Lines());
        Assert.Equal(1, recorder.Sum("mesh.discovery.updates", ("service", "orders"), ("outcome", "failed")));
    }

    [Fact]
    public async Task Rejection_WhenDiscoveryDoesNotAnswerInTime_IsACallLikeAnyOther()
    {
        var source = new ManualEndpointSource();
        source.Hang("orders");
        await using var mesh = Discovered(source);
        using var recorder = Record(mesh);

        await Assert.ThrowsAsync<DeadlineExceededException>(() =>
            mesh.Time.AdvanceUntilEndedAsync(mesh.GetAsync(), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)));

        Assert.Equal([Ended, Started, Rejected("timeout"), Call("timeout")], recorder.Lines());
        Assert.InRange(Assert.Single(recorder.Of("mesh.client.request.duration")).Value, 29.9, 31);
    }

    [Fact]
    public async Task Cancellation_WhileDiscoveryHasNotAnswered_IsACallLikeAnyOther()
    {
        var source = new ManualEndpointSource();
        source.Hang("orders");
        await using var mesh = Discovered(source);
        using var recorder = Record(mesh);
        using var cancel = new CancellationTokenSource();
        var ending = mesh.Client().GetAsync(new Uri("/", UriKind.Relative), cancel.Token);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ending.WithinHangLimit());
        Assert.Equal([Ended, Started, Call("caller_cancelled")], recorder.Lines());
    }

    [Fact]
    public async Task Rejection_WhenTheBulkheadIsFull_IsNoAttempt()
    {
        await using var mesh = TestMesh.Orders(static options => options.Services["orders"].Bulkhead.MaxConcurrency = 1);
        await mesh.GetAsync();
        using var recorder = Record(mesh);
        mesh.Transport.Answer((Func<ScriptedRequest, HttpResponseMessage>?)null);
        var first = mesh.GetAsync();
        var exchange = await mesh.Transport.NextAsync();

        await Assert.ThrowsAsync<BulkheadRejectedException>(() => mesh.GetAsync());

        Assert.Equal([Ended, Started, Started, Rejected("bulkhead_full"), Call("bulkhead_full")], recorder.Lines());
        exchange.Respond(200);
        await first;
        Assert.Equal(0, recorder.Sum("mesh.client.active_requests"));
    }

    [Fact]
    public async Task Rejection_WhenTheDeadlineHasPassed_IsNoAttempt()
    {
        await using var mesh = TestMesh.Orders();
        using var recorder = Record(mesh);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.SetMeshDeadline(TimeSpan.Zero);

        await Assert.ThrowsAsync<DeadlineExceededException>(() => mesh.Client().SendAsync(request, TestContext.Current.CancellationToken));

        Assert.Equal([Ended, Started, Rejected("deadline_exceeded"), Call("deadline_exceeded")], recorder.Lines());
    }

    [Fact]
    public async Task Cancellation_ByTheCaller_IsNoRejection()
    {
        await using var mesh = TestMesh.Orders();
        using var recorder = Record(mesh);
        mesh.Transport.Answer((Func<ScriptedRequest, HttpResponseMessage>?)null);
        using var cancel = new CancellationTokenSource();
        var ending = mesh.Client().GetAsync(new Uri("/", UriKind.Relative), cancel.Token);
        await mesh.Transport.NextAsync();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ending.WithinHangLimit());
        Assert.Equal([Ended, Started, Attempt("caller_cancelled"), Call("caller_cancelled")], recorder.Lines());
    }

    [Fact]
    public async Task Durations_OfACallWithTwoAttempts_AreTheAttemptsAndTheirSum()
    {
        await using var mesh = TestMesh.Orders();
        using var recorder = Record(mesh);
        mesh.Transport.Answer((Func<ScriptedRequest, HttpResponseMessage>?)null);
        var ending = mesh.GetAsync();
        foreach (var (milliseconds, status) in new[] { (250, 503), (500, 200) })
        {
            var exchange = await mesh.Transport.NextAsync();
            mesh.Time.Advance(TimeSpan.FromMilliseconds(milliseconds));
            exchange.Respond(status);
        }

        await ending;

        Assert.Equal([0.25, 0.5], recorder.Of("mesh.client.attempt.duration").Select(static attempt => Math.Round(attempt.Value, 6)));
        Assert.Equal(0.75, Assert.Single(recorder.Of("mesh.client.request.duration")).Value, 6);
    }

    [Fact]
    public async Task StreamedBody_UntilItIsRead_KeepsItsRequestActiveAndIsTimedToItsHeaders()
    {
        await using var mesh = TestMesh.Orders();
        using var recorder = Record(mesh);
        mesh.Transport.Answer(static _ => ScriptedTransport.Response(200, ScriptedBody.Of("text").WithoutLength()));

        using (var response = await mesh.Client().GetAsync(new Uri("/", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken))
        {
            Assert.Equal([Started, Attempt("ok"), Call("ok")], recorder.Lines());
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal([Ended, Started, Attempt("ok"), Call("ok")], recorder.Lines());
    }

    [Fact]
    public async Task PassThrough_LeavesNothing()
    {
        await using var mesh = TestMesh.Orders();
        using var recorder = Record(mesh);

        await mesh.GetAsync("http://unknown.example/");

        Assert.Empty(recorder.Lines());
    }

    private static string Call(string outcome) => $"mesh.client.request.duration{{outcome={outcome},service=orders}}";

    private static string Attempt(string outcome) => $"mesh.client.attempt.duration{{outcome={outcome},service=orders}}";

    private static string Rejected(string reason) => $"mesh.client.rejections{{reason={reason},service=orders}} 1";

    private static string Refused(string reason) => $"mesh.client.retry_refusals{{reason={reason},service=orders}} 1";

    private static MeterRecorder Record(TestMesh mesh) => new(mesh.Services.GetRequiredService<IMeterFactory>());

    private static TestMesh Discovered(ManualEndpointSource source) => new(services =>
    {
        services.AddSingleton<IServiceEndpointProviderFactory>(source);
        services.AddMeshClient("orders");
    });
}
