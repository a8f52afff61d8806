using MeshLib.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Calls;

public class AttemptHeaderTests() : AttemptHeaderCases(new FakeTimeProvider());

public class AttemptHeaderTestsOnTheOddClock() : AttemptHeaderCases(new OddClock());

public abstract class AttemptHeaderCases(FakeTimeProvider time)
{
    [Fact]
    public async Task FirstAttempt_TellsTheAttemptsTimeAndNoNumber()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.AttemptTimeout = TimeSpan.FromMilliseconds(2750));
        mesh.Transport.AnswerWith(200);

        using var response = await mesh.GetAsync().WithinHangLimit();

        var sent = Assert.Single(mesh.Transport.Requests);
        Assert.Equal("2750m", sent.MeshTimeout);
        Assert.Null(sent.MeshAttempt);
        Assert.Null(sent.GrpcTimeout);
    }

    [Fact]
    public async Task FurtherAttempts_AreNumberedFromTwo()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.AnswerWith(500);

        using var response = await mesh.GetAsync().WithinHangLimit();

        Assert.Equal([null, 2, 3], mesh.Transport.Requests.Select(request => request.MeshAttempt));
    }

    [Fact]
    public async Task LastAttempt_TellsWhatIsLeftOfTheWholeCall()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.Retry.MaxAttempts = 2);
        var call = mesh.GetAsync();
        var first = await mesh.Transport.NextAsync();
        mesh.Advance(1000.4);
        first.Respond(500);

        var last = await mesh.Transport.NextAsync();
        Assert.Equal("28999m", last.Request.MeshTimeout);
        last.Respond(200);
        (await call.WithinHangLimit()).Dispose();
    }

    [Fact]
    public async Task DeadlineBelowTheAttemptTimeout_IsWhatTheServerIsTold()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.AnswerWith(200);
        using var request = VirtualMesh.Request();
        request.SetMeshDeadline(TimeSpan.FromMilliseconds(250.9));

        using var response = await mesh.SendAsync(request).WithinHangLimit();

        Assert.Equal("250m", Assert.Single(mesh.Transport.Requests).MeshTimeout);
    }

    [Fact]
    public async Task PostThatCannotBeRepeated_TellsTheTimeOfTheCall()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.AnswerWith(200);

        using var response = await mesh.SendAsync(VirtualMesh.Request("POST")).WithinHangLimit();

        Assert.Equal("30000m", Assert.Single(mesh.Transport.Requests).MeshTimeout);
    }

    [Fact]
    public async Task TimeoutThatCameWithTheRequest_IsReplacedByTheMeshs()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.AnswerWith(200);
        using var request = VirtualMesh.Request();
        request.Headers.Add("mesh-timeout", "9S");

        using var response = await mesh.SendAsync(request).WithinHangLimit();

        Assert.Equal("3000m", Assert.Single(mesh.Transport.Requests).MeshTimeout);
    }

    [Fact]
    public async Task SecondCallWithTheSameRequest_BeginsAnew()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.AnswerWith(500);
        using var request = VirtualMesh.Request();
        (await mesh.SendAsync(request).WithinHangLimit()).Dispose();
        Assert.False(request.Headers.Contains("mesh-attempt"));

        mesh.Transport.AnswerWith(200);
        using var response = await mesh.SendAsync(request).WithinHangLimit();

        Assert.Null(mesh.Transport.Requests[^1].MeshAttempt);
        Assert.Equal("3000m", mesh.Transport.Requests[^1].MeshTimeout);
    }

    [Fact]
    public async Task ExternalService_GetsNoHeaderOfTheMesh()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.External = true);
        mesh.Transport.AnswerWith(500);

        using var response = await mesh.GetAsync().WithinHangLimit();

        Assert.Equal(3, mesh.Transport.Attempts);
        Assert.All(mesh.Transport.Requests, request => Assert.DoesNotContain(request.Headers.Keys, name => name.StartsWith("mesh-", StringComparison.OrdinalIgnoreCase)));
    }

    [Theory]
    [InlineData("api.example.com")]
    [InlineData("undeclared.example.com")]
    public async Task ForeignHost_IsNotToldWhatAnEarlierCallOfTheRequestWasStampedWith(string host)
    {
        await using var mesh = await VirtualMesh.StartAsync(time, services: services => services.AddExternal("api.example.com"));
        mesh.Source.Decline("undeclared.example.com");
        mesh.Transport.AnswerWith(500);
        using var request = VirtualMesh.Request();
        (await mesh.SendAsync(request).WithinHangLimit()).Dispose();

        // As a handler above the mesh does that follows a redirect.
        request.RequestUri = new Uri($"http://{host}/");
        mesh.Transport.AnswerWith(200);
        using var response = await mesh.SendAsync(request).WithinHangLimit();

        Assert.DoesNotContain(mesh.Transport.Requests[^1].Headers.Keys, name => name.StartsWith("mesh-", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task GrpcCall_KeepsToItsOwnHeader()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.AnswerWith(200);
        using var request = VirtualMesh.GrpcRequest();
        request.Headers.Add("grpc-timeout", "1500m");

        using var response = await mesh.SendAsync(request).WithinHangLimit();

        var sent = Assert.Single(mesh.Transport.Requests);
        Assert.Equal("1500m", sent.GrpcTimeout);
        Assert.Null(sent.MeshTimeout);
    }

    [Fact]
    public async Task GrpcCallWithoutDeadline_GetsNone()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        var call = mesh.SendAsync(VirtualMesh.GrpcRequest());
        var exchange = await mesh.Transport.NextAsync();
        Assert.Null(exchange.Request.GrpcTimeout);

        mesh.Advance(TimeSpan.FromHours(1).TotalMilliseconds);
        Assert.False(exchange.CancellationToken.IsCancellationRequested);
        exchange.Respond(200);
        (await call.WithinHangLimit()).Dispose();
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task GrpcDeadline_IsGivenBackToTheRequestAfterTheCall()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.Retry.GrpcMethods = ["/shop.Orders/*"]);
        mesh.Transport.AnswerWith(200);
        using var request = VirtualMesh.GrpcRequest();
        request.Headers.Add("grpc-timeout", "20S");

        using var response = await mesh.SendAsync(request).WithinHangLimit();

        Assert.Equal("3000m", Assert.Single(mesh.Transport.Requests).GrpcTimeout);
        Assert.Equal("20S", request.Headers.GetValues("grpc-timeout").Single());
    }
}
