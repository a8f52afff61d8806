using MeshLib.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Calls;

public class TimeLimitTests() : TimeLimitCases(new FakeTimeProvider());

public class TimeLimitTestsOnTheOddClock() : TimeLimitCases(new OddClock());

public abstract class TimeLimitCases(FakeTimeProvider time)
{
    [Fact]
    public async Task Timeout_EndsACallThatMayNotBeRepeated()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        var started = time.GetUtcNow();
        var call = mesh.SendAsync(VirtualMesh.Request("POST"));
        var exchange = await mesh.Transport.NextAsync();

        mesh.Advance(29_999);
        Assert.False(exchange.CancellationToken.IsCancellationRequested);
        mesh.Advance(20);

        var exceeded = await Assert.ThrowsAsync<DeadlineExceededException>(() => call.WithinHangLimit());
        Assert.IsType<TimeoutException>(exceeded.InnerException);
        Assert.Equal(System.Net.HttpStatusCode.GatewayTimeout, exceeded.StatusCode);
        Assert.Equal((OutcomeReason.Timeout, 1, "orders"), (exceeded.Reason, exceeded.Attempts, exceeded.Service));
        Assert.Equal(exchange.Request.Endpoint, exceeded.Endpoint!.AbsoluteUri.TrimEnd('/'));
        Assert.InRange((time.GetUtcNow() - started).TotalSeconds, 30, 30.1);
        Assert.Equal(1, mesh.Transport.Attempts);
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task AttemptTimeout_CutsTheAttemptAndTheNextGoesElsewhere()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        var call = mesh.GetAsync();
        var first = await mesh.Transport.NextAsync();
        mesh.Advance(3001);

        var second = await mesh.Transport.NextAsync();
        Assert.True(first.CancellationToken.IsCancellationRequested);
        Assert.NotEqual(first.Request.Endpoint, second.Request.Endpoint);
        second.Respond(200);
        using var response = await call.WithinHangLimit();
        Assert.Equal([OutcomeReason.AttemptTimeout, OutcomeReason.Ok], response.GetMeshReport()!.Attempts.Select(attempt => attempt.Reason));
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task LastAttempt_GoesOnUnderTheTimeout()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.Retry.MaxAttempts = 1);
        var call = mesh.GetAsync();
        var only = await mesh.Transport.NextAsync();

        mesh.Advance(20_000);
        Assert.False(only.CancellationToken.IsCancellationRequested);
        only.Respond(200);

        (await call.WithinHangLimit()).Dispose();
    }

    [Fact]
    public async Task AttemptWhoseRetryTheBudgetRefuses_GoesOnUnderTheTimeout()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy =>
        {
            policy.Retry.Budget.Ratio = 0;
            policy.Retry.Budget.Burst = 0;
            policy.Retry.Budget.MinPerSecond = 0;
        });
        var call = mesh.GetAsync();
        var only = await mesh.Transport.NextAsync();

        mesh.Advance(3_100);
        mesh.Advance(20_000);
        Assert.False(only.CancellationToken.IsCancellationRequested);
        mesh.Advance(7_000);

        var exceeded = await Assert.ThrowsAsync<DeadlineExceededException>(() => call.WithinHangLimit());
        Assert.Equal(OutcomeReason.Timeout, exceeded.Reason);
        Assert.Equal(1, mesh.Transport.Attempts);
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task AttemptThatEndsTooCloseToTheDeadline_IsNotCutForARetryWithoutTime()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy =>
        {
            policy.Timeout = TimeSpan.FromMilliseconds(3020);
            policy.Retry.Backoff = TimeSpan.FromMilliseconds(100);
        });
        var call = mesh.GetAsync();
        var only = await mesh.Transport.NextAsync();
        mesh.Advance(3005);
        Assert.False(only.CancellationToken.IsCancellationRequested);

        only.Respond(200);
        (await call.WithinHangLimit()).Dispose();
        Assert.Equal(5, mesh.Service.Budget.Balance);
    }

    [Fact]
    public async Task AllAttemptsTogether_EndAtTheTimeout()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.Timeout = TimeSpan.FromSeconds(7));
        var call = mesh.GetAsync();

        var exceeded = await Assert.ThrowsAsync<DeadlineExceededException>(() => mesh.AdvanceUntilEndedAsync(call, stepMilliseconds: 250, limitSeconds: 8));

        Assert.Equal((OutcomeReason.Timeout, 3), (exceeded.Reason, exceeded.Attempts));
        Assert.Equal(3, mesh.Transport.AttemptsPerEndpoint.Count);
        await mesh.AssertIdleAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    [InlineData(1)]
    public async Task DeadlineWithoutUsefulTime_EndsTheCallBeforeAnyAttempt(int milliseconds)
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        using var request = VirtualMesh.Request();
        request.SetMeshDeadline(TimeSpan.FromMilliseconds(milliseconds));

        var exceeded = await Assert.ThrowsAsync<DeadlineExceededException>(() => mesh.SendAsync(request).WithinHangLimit());

        Assert.Equal((OutcomeReason.DeadlineExceeded, 0), (exceeded.Reason, exceeded.Attempts));
        Assert.Null(exceeded.Endpoint);
        Assert.Equal(0, mesh.Transport.Attempts);
        Assert.Equal(1, mesh.Meters.Sum("mesh.client.rejections", ("reason", "deadline_exceeded")));
        Assert.Equal(OutcomeReason.DeadlineExceeded, request.GetMeshReport()!.Reason);
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task AmbientDeadline_ShortensTheCallAndIsNoEvidenceAgainstTheEndpoint()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.CircuitBreaker.ConsecutiveFailures = 1);
        Task<HttpResponseMessage> call;
        using (Deadline.Begin(TimeSpan.FromMilliseconds(400), time))
        {
            call = mesh.GetAsync();
        }

        var exchange = await mesh.Transport.NextAsync();
        Assert.Equal("400m", exchange.Request.MeshTimeout);
        mesh.Advance(401);

        var exceeded = await Assert.ThrowsAsync<DeadlineExceededException>(() => call.WithinHangLimit());
        Assert.Equal(OutcomeReason.DeadlineExceeded, exceeded.Reason);
        Assert.All(mesh.Endpoints, endpoint => Assert.Equal(EndpointState.Available, endpoint.State));
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task AmbientDeadlineThatIsLater_ChangesNothing()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.AnswerWith(200);
        using var scope = Deadline.Begin(TimeSpan.FromMinutes(5), time);

        using var response = await mesh.SendAsync(VirtualMesh.Request("POST")).WithinHangLimit();

        Assert.Equal("30000m", mesh.Transport.Requests[^1].MeshTimeout);
    }

    [Fact]
    public async Task SuppressedDeadline_DoesNotReachTheCall()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.AnswerWith(200);
        using var scope = Deadline.Begin(TimeSpan.FromMilliseconds(1), time);
        using (Deadline.Suppress())
        {
            (await mesh.GetAsync().WithinHangLimit()).Dispose();
        }

        await Assert.ThrowsAsync<DeadlineExceededException>(() => mesh.GetAsync().WithinHangLimit());
    }

    [Fact]
    public async Task EarliestOfSeveralDeadlines_Holds()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.AnswerWith(200);
        using var scope = Deadline.Begin(TimeSpan.FromSeconds(2), time);
        Deadline own;
        using (Deadline.Suppress())
        {
            using var inner = Deadline.Begin(TimeSpan.FromSeconds(1), time);
            own = Deadline.Current!;
        }

        using var request = VirtualMesh.Request();
        request.SetMeshDeadline(own);
        request.SetMeshDeadline(TimeSpan.FromMilliseconds(1500));
        using var response = await mesh.SendAsync(request).WithinHangLimit();

        Assert.Equal("1000m", mesh.Transport.Requests[^1].MeshTimeout);
    }

    [Fact]
    public async Task DeadlineOnAnotherClock_IsMeasuredByWhatIsLeftOfIt()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.AnswerWith(200);
        var elsewhere = new FakeTimeProvider();
        using var scope = Deadline.Begin(TimeSpan.FromMilliseconds(700), elsewhere);
        elsewhere.Advance(TimeSpan.FromMilliseconds(200));

        using var response = await mesh.GetAsync().WithinHangLimit();

        Assert.Equal("500m", mesh.Transport.Requests[^1].MeshTimeout);
    }

    [Theory]
    [InlineData(990, true)]
    [InlineData(100, false)]
    public async Task GatewayTimeout_OfASpentDeadlineIsTheDeadlineAndNoEvidence(int afterMilliseconds, bool spent)
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy =>
        {
            policy.CircuitBreaker.ConsecutiveFailures = 1;
            policy.Retry.MaxAttempts = 1;
        });
        using var request = VirtualMesh.Request();
        request.SetMeshDeadline(TimeSpan.FromSeconds(1));
        var call = mesh.SendAsync(request);
        var exchange = await mesh.Transport.NextAsync();
        mesh.Advance(afterMilliseconds);
        exchange.Respond(504);

        if (spent)
        {
            var exceeded = await Assert.ThrowsAsync<DeadlineExceededException>(() => call.WithinHangLimit());
            Assert.Equal((OutcomeReason.DeadlineExceeded, 1), (exceeded.Reason, exceeded.Attempts));
            Assert.IsType<TimeoutException>(exceeded.InnerException);
        }
        else
        {
            using var response = await call.WithinHangLimit();
            Assert.Equal(504, (int)response.StatusCode);
        }

        Assert.Equal(spent ? OutcomeReason.DeadlineExceeded : OutcomeReason.GatewayTimeout, request.GetMeshReport()!.Reason);
        Assert.Equal(!spent, mesh.Endpoints.Any(endpoint => endpoint.State == EndpointState.Open));
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task BackOffThatLeavesNoTime_HandsBackTheFirstFailure()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        using var request = VirtualMesh.Request();
        request.SetMeshDeadline(TimeSpan.FromSeconds(1));
        var call = mesh.SendAsync(request);
        var exchange = await mesh.Transport.NextAsync();
        mesh.Advance(999.5);
        var body = exchange.Respond(503, "why");

        using var response = await call.WithinHangLimit();

        Assert.Equal("why", await response.Content.ReadAsStringAsync());
        Assert.Equal(1, mesh.Transport.Attempts);
        Assert.Equal(1, mesh.Meters.Sum("mesh.client.retry_refusals", ("reason", "no_time_left")));
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task GrpcDeadlineOfCenturies_IsNoReasonToFail()
    {
        await using var mesh = VirtualMesh.Create(time);
        mesh.Source.Hang(VirtualMesh.Orders);
        mesh.Transport.AnswerWith(200);
        using var request = VirtualMesh.GrpcRequest();
        request.Headers.Add("grpc-timeout", "99999999H");

        var call = mesh.SendAsync(request);
        mesh.Source.Publish(VirtualMesh.Orders, VirtualMesh.Address(1));

        (await call.WithinHangLimit()).Dispose();
    }

    [Fact]
    public async Task FirstResolve_IsWithinTheTimeOfTheCall()
    {
        await using var mesh = VirtualMesh.Create(time, policy => policy.Timeout = TimeSpan.FromSeconds(4));
        mesh.Source.Hang(VirtualMesh.Orders);
        using var request = VirtualMesh.Request();

        var exceeded = await Assert.ThrowsAsync<DeadlineExceededException>(() => mesh.AdvanceUntilEndedAsync(mesh.SendAsync(request), stepMilliseconds: 500, limitSeconds: 5));

        Assert.Equal((OutcomeReason.Timeout, 0), (exceeded.Reason, exceeded.Attempts));
        Assert.Equal(OutcomeReason.Timeout, request.GetMeshReport()!.Reason);
        Assert.Equal(1, mesh.Meters.Count("mesh.client.request.duration", ("outcome", "timeout")));
        Assert.Equal(1, mesh.Meters.Sum("mesh.client.rejections", ("reason", "timeout")));
    }

    [Fact]
    public async Task RequestBodyThatStalls_IsWithinTheTimeOfTheCall()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.Timeout = TimeSpan.FromSeconds(4));
        using var request = VirtualMesh.Request("POST", content: ScriptedBody.Of("begun ").ThenStall().ClaimingLength(20));
        request.AllowMeshRetry(true);

        var exceeded = await Assert.ThrowsAsync<DeadlineExceededException>(() => mesh.AdvanceUntilEndedAsync(mesh.SendAsync(request), stepMilliseconds: 500, limitSeconds: 5));

        Assert.Equal((OutcomeReason.Timeout, 0), (exceeded.Reason, exceeded.Attempts));
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task RequestBodyThatBreaks_IsTheCallersOwnFault()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        using var request = VirtualMesh.Request("PUT", content: ScriptedBody.Of("begun ").ThenBreak(new IOException("The caller's stream.")).ClaimingLength(20));
        request.AllowMeshRetry(true);

        await Assert.ThrowsAsync<HttpRequestException>(() => mesh.SendAsync(request).WithinHangLimit());

        Assert.Equal(OutcomeReason.Fault, request.GetMeshReport()!.Reason);
        Assert.Equal(0, mesh.Transport.Attempts);
        await mesh.AssertIdleAsync();
    }
}
