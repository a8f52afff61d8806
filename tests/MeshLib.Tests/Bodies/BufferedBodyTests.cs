using MeshLib.TestKit;
using MeshLib.Tests.Calls;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Bodies;

public class BufferedBodyTests() : BufferedBodyCases(new FakeTimeProvider());

public class BufferedBodyTestsOnTheOddClock() : BufferedBodyCases(new OddClock());

/// <summary>A body of a known length up to 64 KiB belongs to its attempt.</summary>
public abstract class BufferedBodyCases(FakeTimeProvider time)
{
    [Theory]
    [InlineData(1)]
    [InlineData(64 * 1024)]
    public async Task ShortBody_IsThereWithTheHeadersAndHoldsNothing(int length)
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        var body = ScriptedBody.Of(new byte[length]);
        mesh.Transport.Answer(_ => ScriptedTransport.Response(200, body));

        using var response = await mesh.GetAsync().WithinHangLimit();

        Assert.Same(body, response.Content);
        Assert.True(body.IsReadToEnd);
        await mesh.AssertIdleAsync();
        Assert.Equal(length, (await response.Content.ReadAsByteArrayAsync()).Length);
    }

    [Theory]
    [InlineData("HEAD", 200, 5)]
    [InlineData("HEAD", 200, 500_000)]
    [InlineData("GET", 204, 5)]
    [InlineData("GET", 304, 500_000)]
    [InlineData("GET", 200, 0)]
    public async Task AnswerWithoutABody_IsNeitherReadNorWrapped(string method, int status, int length)
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        var body = ScriptedBody.Empty().ThenStall().ClaimingLength(length);
        mesh.Transport.Answer(_ => ScriptedTransport.Response(status, body));

        using var response = await mesh.SendAsync(VirtualMesh.Request(method)).WithinHangLimit();

        Assert.Same(body, response.Content);
        Assert.Equal(length, response.Content.Headers.ContentLength);
        await mesh.AssertIdleAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task BrokenBody_IsAFailureThatAnotherEndpointMends(bool reset)
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.Answer(request => request.Number == 1
            ? ScriptedTransport.Response(200, ScriptedBody.Of("half").ThenBreak(reset ? TransportErrors.BodyReset() : TransportErrors.BodyEnded()).ClaimingLength(8))
            : ScriptedTransport.Response(200, "whole"));

        using var response = await mesh.GetAsync().WithinHangLimit();

        Assert.Equal("whole", await response.Content.ReadAsStringAsync());
        var attempts = response.GetMeshReport()!.Attempts;
        Assert.Equal([reset ? OutcomeReason.Reset : OutcomeReason.ResponseEnded, OutcomeReason.Ok], attempts.Select(attempt => attempt.Reason));
        Assert.NotEqual(attempts[0].Endpoint, attempts[1].Endpoint);
        Assert.True(mesh.Transport.Bodies[0].IsDisposed);
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task BrokenBodyOfAPost_IsTheCallersError()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.Answer(_ => ScriptedTransport.Response(200, ScriptedBody.Of("half").ThenBreak().ClaimingLength(8)));

        await Assert.ThrowsAsync<HttpRequestException>(() => mesh.SendAsync(VirtualMesh.Request("POST")).WithinHangLimit());

        Assert.Equal(1, mesh.Transport.Attempts);
        Assert.True(mesh.Transport.Bodies[0].IsDisposed);
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task StalledBody_IsCutWithItsAttempt()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.Answer(request => request.Number == 1
            ? ScriptedTransport.Response(200, ScriptedBody.Of("half").ThenStall().ClaimingLength(8))
            : ScriptedTransport.Response(200, "whole"));
        var call = mesh.GetAsync();
        await Eventually.BecomesTrueAsync(() => mesh.Transport.Bodies is [{ BytesRead: > 0 }]);
        mesh.Advance(3_010);

        using var response = await call.WithinHangLimit();

        Assert.Equal("whole", await response.Content.ReadAsStringAsync());
        Assert.Equal(OutcomeReason.AttemptTimeout, response.GetMeshReport()!.Attempts[0].Reason);
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task StalledBodyOfTheLastAttempt_IsCutByTheTimeout()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.Retry.MaxAttempts = 1);
        mesh.Transport.Answer(_ => ScriptedTransport.Response(200, ScriptedBody.Of("half").ThenStall().ClaimingLength(8)));
        var call = mesh.GetAsync();
        await Eventually.BecomesTrueAsync(() => mesh.Transport.Bodies is [{ BytesRead: > 0 }]);
        mesh.Advance(29_900);
        Assert.False(call.IsCompleted);
        mesh.Advance(200);

        var exceeded = await Assert.ThrowsAsync<DeadlineExceededException>(() => call.WithinHangLimit());

        Assert.Equal(OutcomeReason.Timeout, exceeded.Reason);
        await mesh.Transport.Bodies[0].Disposed.WithinHangLimit();
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task LatencyOfTheEndpoint_CoversTheBody()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, endpoints: 1);
        var body = ScriptedBody.Of("half").ThenStall().Then("rest");
        mesh.Transport.Answer(_ => ScriptedTransport.Response(200, body));
        var call = mesh.GetAsync();
        await Eventually.BecomesTrueAsync(() => body.BytesRead > 0);
        mesh.Advance(500);
        body.Release();

        (await call.WithinHangLimit()).Dispose();

        Assert.InRange(mesh.Endpoints[0].Latency!.Value.TotalMilliseconds, 490, 510);
        Assert.InRange(Assert.Single(mesh.Meters.Of("mesh.client.request.duration")).Value, 0.499, 0.501);
    }

    [Fact]
    public async Task SynchronousCall_WhoseBodyStalls_IsCutOffInTime()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.Answer(static request => ScriptedTransport.Response(200, request.Number == 1 ? ScriptedBody.Of("half").ThenStall().ClaimingLength(8) : ScriptedBody.Of("whole")));
        var call = Task.Run(() => mesh.Send(VirtualMesh.Request()));

        using var response = await mesh.AdvanceUntilEndedAsync(call, limitSeconds: 5);

        Assert.Equal([OutcomeReason.AttemptTimeout, OutcomeReason.Ok], response.GetMeshReport()!.Attempts.Select(attempt => attempt.Reason));
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task HeadersOfTheContent_Stay()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.Answer(_ => ScriptedTransport.Response(200, ScriptedBody.Of("{}"), ("Content-Type", "application/json; charset=utf-8"), ("X-Own", "1")));

        using var response = await mesh.GetAsync().WithinHangLimit();

        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("1", response.Headers.GetValues("X-Own").Single());
    }
}
