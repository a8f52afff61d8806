using MeshLib.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Calls;

/// <summary>A caller who cancels sees their own token, whatever the call was doing.</summary>
public sealed class CancellationTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly CancellationTokenSource _cancellation = new();

    public void Dispose() => _cancellation.Dispose();

    [Fact]
    public async Task Cancelled_BeforeTheCall_IsTheCallersOwn()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time);
        await _cancellation.CancelAsync();

        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => mesh.GetAsync(cancellationToken: _cancellation.Token).WithinHangLimit());

        Assert.Equal(_cancellation.Token, cancelled.CancellationToken);
        Assert.Equal(0, mesh.Transport.Attempts);
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task Cancelled_WhileTheServiceIsResolved_IsTheCallersOwn()
    {
        await using var mesh = VirtualMesh.Create(_time);
        mesh.Source.Hang(VirtualMesh.Orders);

        await AssertCancelledAsync(mesh, VirtualMesh.Request(), () => Eventually.EqualsAsync(1, () => mesh.Source.HangingPopulatesOf(VirtualMesh.Orders)));

        Assert.Equal(1, mesh.Meters.Count("mesh.client.request.duration", ("outcome", "caller_cancelled")));
    }

    [Fact]
    public async Task Cancelled_InTheQueueOfTheBulkhead_IsTheCallersOwn()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time, policy =>
        {
            policy.Bulkhead.MaxConcurrency = 1;
            policy.Bulkhead.MaxQueue = 1;
        });
        var holder = mesh.GetAsync();
        var held = await mesh.Transport.NextAsync();

        await AssertCancelledAsync(mesh, VirtualMesh.Request(), () => Eventually.EqualsAsync(1, () => mesh.Service.Bulkhead.Queued));

        Assert.Equal(0, mesh.Service.Bulkhead.Queued);
        held.Respond(200);
        (await holder.WithinHangLimit()).Dispose();
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task Cancelled_WhileTheRequestsBodyIsRead_IsTheCallersOwn()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time);
        var body = ScriptedBody.Of("begun ").ThenStall().ClaimingLength(20);
        var request = VirtualMesh.Request("POST", content: body);
        request.AllowMeshRetry(true);

        await AssertCancelledAsync(mesh, request, () => Eventually.BecomesTrueAsync(() => body.BytesRead > 0));

        await mesh.AssertIdleAsync();
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task Cancelled_WhileTheHeadersAreAwaited_IsTheCallersOwn(string method)
    {
        await using var mesh = await VirtualMesh.StartAsync(_time, policy => policy.CircuitBreaker.ConsecutiveFailures = 1);

        await AssertCancelledAsync(mesh, VirtualMesh.Request(method), () => mesh.Transport.NextAsync());

        Assert.Equal(1, mesh.Transport.Attempts);
        Assert.All(mesh.Endpoints, endpoint => Assert.Equal(EndpointState.Available, endpoint.State));
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task Cancelled_WhileABufferedBodyIsRead_IsTheCallersOwn()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time);
        var body = ScriptedBody.Of("half ").ThenStall().Then("whole");
        mesh.Transport.Answer(_ => ScriptedTransport.Response(200, body));

        await AssertCancelledAsync(mesh, VirtualMesh.Request(), () => Eventually.BecomesTrueAsync(() => body.BytesRead > 0));

        await body.Disposed.WithinHangLimit();
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task Cancelled_InTheBackOff_IsTheCallersOwn()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time);
        mesh.Transport.Answer(_ => ScriptedTransport.Response(503, "busy", ("Retry-After", "5")));

        await AssertCancelledAsync(mesh, VirtualMesh.Request(), () => Eventually.BecomesTrueAsync(() => mesh.Transport.Bodies is [{ IsDisposed: true }]));

        Assert.Equal(1, mesh.Transport.Attempts);
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task Cancelled_WhileAStreamedBodyIsRead_IsTheCallersOwn()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time);
        mesh.Transport.Answer(_ => ScriptedTransport.Response(200, ScriptedBody.Of("half ").ThenStall().WithoutLength()));
        using var response = await mesh.GetAsync(cancellationToken: CancellationToken.None).WithinHangLimit();
        await using var stream = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[100];
        Assert.Equal(5, await stream.ReadAsync(buffer));

        var read = stream.ReadAsync(buffer, _cancellation.Token).AsTask();
        await _cancellation.CancelAsync();

        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WithinHangLimit());
        Assert.Equal(_cancellation.Token, cancelled.CancellationToken);
        Assert.Equal(OutcomeReason.CallerCancelled, response.GetMeshReport()!.Reason);
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task Cancelled_OfASecondAttempt_IsTheCallersOwn()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time);

        await AssertCancelledAsync(mesh, VirtualMesh.Request(), async () =>
        {
            (await mesh.Transport.NextAsync()).Respond(503);
            await mesh.Transport.NextAsync();
        });

        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task Cancelled_AfterADeadline_IsStillTheDeadline()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time);
        var call = mesh.SendAsync(VirtualMesh.Request("POST"), _cancellation.Token);
        var exchange = await mesh.Transport.NextAsync();
        exchange.Hang(ignoringCancellation: true);
        mesh.Advance(30_001);
        await exchange.Cancelled.WithinHangLimit();
        await _cancellation.CancelAsync();
        exchange.Fail(new TaskCanceledException());

        await Assert.ThrowsAsync<DeadlineExceededException>(() => call.WithinHangLimit());
        await mesh.AssertIdleAsync();
    }

    /// <summary>Sends, cancels once <paramref name="reached"/> says that the phase is there, and looks at what the caller gets.</summary>
    private async Task AssertCancelledAsync(VirtualMesh mesh, HttpRequestMessage message, Func<Task> reached)
    {
        using var request = message;
        var call = mesh.SendAsync(request, _cancellation.Token);
        await reached();
        Assert.False(call.IsCompleted);
        await _cancellation.CancelAsync();

        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WithinHangLimit());
        Assert.Equal(_cancellation.Token, exception.CancellationToken);
        Assert.Equal(OutcomeReason.CallerCancelled, request.GetMeshReport()!.Reason);
    }
}
