using System.Net;
using MeshLib.TestKit;
using MeshLib.Tests.Calls;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Bodies;

public class StreamedBodyTests() : StreamedBodyCases(new FakeTimeProvider());

public class StreamedBodyTestsOnTheOddClock() : StreamedBodyCases(new OddClock());

/// <summary>Any other body is wrapped once, and holds what its call holds until it is over.</summary>
public abstract class StreamedBodyCases(FakeTimeProvider time)
{
    public static TheoryData<string> Ends => ["read to its end", "read through HttpContent", "read synchronously", "copied", "stream disposed", "stream disposed asynchronously", "response disposed", "cut off", "cut by the deadline"];

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task Body_HoldsItsPlacesUntilItsEndAndGivesThemBackOnce(string end)
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        await BeginAndEndAsync(mesh, end);
        await mesh.AssertIdleAsync();

        // Whoever comes second, and be it the finaliser, finds nothing to give back.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Equal(0, mesh.Service.Bulkhead.InUse);
        Assert.All(mesh.Endpoints, endpoint => Assert.Equal(0, endpoint.InFlight));
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static async Task BeginAndEndAsync(VirtualMesh mesh, string end)
    {
        var body = end switch
        {
            "cut off" => ScriptedBody.Of("half").ThenBreak(),
            "cut by the deadline" => ScriptedBody.Of("half").ThenStall(),
            _ => ScriptedBody.Of("whole"),
        };
        mesh.Transport.Answer(_ => ScriptedTransport.Response(200, body.WithoutLength()));
        using var request = VirtualMesh.Request();
        if (end == "cut by the deadline")
        {
            request.SetMeshDeadline(TimeSpan.FromMilliseconds(500));
        }

        var response = await mesh.SendAsync(request).WithinHangLimit();
        Assert.Equal(1, mesh.Service.Bulkhead.InUse);
        Assert.Equal(1, mesh.Endpoints.Sum(endpoint => endpoint.InFlight));
        Assert.Equal(1, mesh.Meters.Sum("mesh.client.active_requests"));
        switch (end)
        {
            case "read to its end":
                var stream = await response.Content.ReadAsStreamAsync();
                var buffer = new byte[3];
                Assert.Equal(3, await stream.ReadAsync(buffer));
                Assert.Equal(1, mesh.Service.Bulkhead.InUse);
                Assert.Equal(2, await stream.ReadAsync(buffer));
                Assert.Equal(0, await stream.ReadAsync(buffer));
                Assert.Equal(0, mesh.Service.Bulkhead.InUse);
                Assert.Equal(0, await stream.ReadAsync(buffer));
                response.Dispose();
                break;
            case "read through HttpContent":
                Assert.Equal("whole", await response.Content.ReadAsStringAsync());
                Assert.Equal(0, mesh.Service.Bulkhead.InUse);
                break;
            case "read synchronously":
                using (var reader = new StreamReader(response.Content.ReadAsStream()))
                {
                    Assert.Equal("whole", reader.ReadToEnd());
                }

                break;
            case "copied":
                using (var copy = new MemoryStream())
                {
                    response.Content.CopyTo(copy, null, CancellationToken.None);
                    Assert.Equal(5, copy.Length);
                }

                break;
            case "stream disposed":
                (await response.Content.ReadAsStreamAsync()).Dispose();
                break;
            case "stream disposed asynchronously":
                await (await response.Content.ReadAsStreamAsync()).DisposeAsync();
                response.Dispose();
                break;
            case "response disposed":
                response.Dispose();
                response.Dispose();
                break;
            case "cut off":
                await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsStringAsync());
                Assert.Equal(OutcomeReason.BodyBroken, response.GetMeshReport()!.Reason);
                break;
            case "cut by the deadline":
                mesh.Advance(600);
                await mesh.AssertIdleAsync();
                Assert.Equal(OutcomeReason.DeadlineExceeded, response.GetMeshReport()!.Reason);
                response.Dispose();
                break;
        }
    }

    [Fact]
    public async Task ForgottenResponses_GiveTheirPlacesBackWhenTheyAreCollected()
    {
        const int forgotten = 50;
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.Answer(_ => ScriptedTransport.Response(200, ScriptedBody.Of("whole").WithoutLength()));
        await ForgetAsync(mesh, forgotten);

        // The latest may still be on somebody's stack.
        await Eventually.BecomesTrueAfterCollectionAsync(() => mesh.Service.Bulkhead.InUse <= 1 && mesh.Endpoints.Sum(endpoint => endpoint.InFlight) <= 1);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static async Task ForgetAsync(VirtualMesh mesh, int count)
    {
        var responses = new List<HttpResponseMessage>();
        for (var number = 0; number < count; number++)
        {
            responses.Add(await mesh.GetAsync().WithinHangLimit());
        }

        Assert.Equal(count, mesh.Service.Bulkhead.InUse);
        GC.KeepAlive(responses);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Body_OutlivesTheTokenOfItsCallAndTheClientThatMadeIt(bool withToken)
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.Answer(_ => ScriptedTransport.Response(200, ScriptedBody.Of("whole").WithoutLength()));
        using var caller = new CancellationTokenSource();
        var handler = mesh.Services.GetRequiredService<IMeshHandlerFactory>().CreateHandler(mesh.Transport);
        using var client = new HttpClient(handler, disposeHandler: false) { BaseAddress = new Uri($"http://{VirtualMesh.Orders}"), Timeout = Timeout.InfiniteTimeSpan };
        using var response = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead, withToken ? caller.Token : CancellationToken.None).WithinHangLimit();

        await caller.CancelAsync();
        client.Dispose();

        Assert.Equal("whole", await response.Content.ReadAsStringAsync().WithinHangLimit());
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task EventStream_LivesBeyondEveryTimeout()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        var body = ScriptedBody.Of("data: 1\n").ThenStall().Then("data: 2\n").WithoutLength();
        mesh.Transport.Answer(_ => ScriptedTransport.Response(200, body, ("Content-Type", "text/event-stream")));
        using var response = await mesh.GetAsync().WithinHangLimit();
        await using var stream = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[100];
        Assert.Equal(8, await stream.ReadAsync(buffer));

        // Nobody reads for an hour, which is nobody's fault but the reader's.
        mesh.Advance(TimeSpan.FromHours(1).TotalMilliseconds);
        var read = stream.ReadAsync(buffer).AsTask();
        mesh.Advance(29_000);
        Assert.False(read.IsCompleted);
        body.Release();

        Assert.Equal(8, await read.WithinHangLimit());
        Assert.Equal(0, await stream.ReadAsync(buffer));
        await mesh.AssertIdleAsync();
    }

    [Theory]
    [InlineData(30_000)]
    [InlineData(200)]
    public async Task PendingReadWithoutAByte_IsCutByTheReadIdleTimeout(int readIdle)
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.ReadIdleTimeout = TimeSpan.FromMilliseconds(readIdle));
        var body = ScriptedBody.Of("half").ThenStall().WithoutLength();
        mesh.Transport.Answer(_ => ScriptedTransport.Response(200, body));
        using var response = await mesh.GetAsync().WithinHangLimit();
        await using var stream = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[100];
        Assert.Equal(4, await stream.ReadAsync(buffer));

        // Time in which nobody reads does not count.
        mesh.Advance(readIdle * 0.7);
        var read = stream.ReadAsync(buffer).AsTask();
        mesh.Advance(readIdle * 0.9);
        await Task.Yield();
        Assert.False(read.IsCompleted);
        mesh.Advance((readIdle * 0.1) + 20);

        var cut = await Assert.ThrowsAsync<HttpIOException>(() => read.WithinHangLimit());
        var exceeded = Assert.IsType<DeadlineExceededException>(cut.InnerException);
        Assert.Equal(OutcomeReason.ReadIdleTimeout, exceeded.Reason);
        Assert.IsType<TimeoutException>(exceeded.InnerException);
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task SlowBody_ArrivesWholeAfterTheAttemptTimeout()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.AttemptTimeout = TimeSpan.FromMilliseconds(500));
        var body = ScriptedBody.Of(new byte[1000]).ThenPause(TimeSpan.FromSeconds(2), time).Then(new byte[1000]).WithoutLength();
        mesh.Transport.Answer(_ => ScriptedTransport.Response(200, body));
        using var response = await mesh.GetAsync().WithinHangLimit();

        var bytes = await mesh.AdvanceUntilEndedAsync(response.Content.ReadAsByteArrayAsync());

        Assert.Equal(2000, bytes.Length);
        Assert.Equal(1, mesh.Transport.Attempts);
    }

    [Fact]
    public async Task DeadlineFromAbove_CutsAPendingRead()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.CircuitBreaker.ConsecutiveFailures = 1);
        mesh.Transport.Answer(_ => ScriptedTransport.Response(200, ScriptedBody.Of("half").ThenStall().WithoutLength()));
        using var request = VirtualMesh.Request();
        request.SetMeshDeadline(TimeSpan.FromSeconds(5));
        using var response = await mesh.SendAsync(request).WithinHangLimit();
        var read = response.Content.ReadAsStringAsync();
        mesh.Advance(4_900);
        Assert.False(read.IsCompleted);
        mesh.Advance(200);

        var error = await Assert.ThrowsAnyAsync<Exception>(() => read.WithinHangLimit());

        var cut = error as HttpIOException ?? Assert.IsType<HttpIOException>(error.InnerException);
        Assert.Equal(OutcomeReason.DeadlineExceeded, Assert.IsType<DeadlineExceededException>(cut.InnerException).Reason);
        Assert.All(mesh.Endpoints, endpoint => Assert.Equal(EndpointState.Available, endpoint.State));
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task BodyThatOutlivesItsHeadersByASecond_IsAStreamAndNoCallAnyMore()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.Bulkhead.MaxConcurrency = 1);
        mesh.Transport.Answer(request => ScriptedTransport.Response(200, request.Uri.AbsolutePath == "/stream" ? ScriptedBody.Of("half").ThenStall().WithoutLength() : ScriptedBody.Of("ok")));
        using var stream = await mesh.GetAsync("/stream").WithinHangLimit();
        mesh.Advance(900);
        Assert.Equal((1, 0), (mesh.Service.Bulkhead.InUse, mesh.Service.Bulkhead.Streams));
        await Assert.ThrowsAsync<BulkheadRejectedException>(() => mesh.GetAsync().WithinHangLimit());

        mesh.Advance(200);

        await Eventually.EqualsAsync((0, 1), () => (mesh.Service.Bulkhead.InUse, mesh.Service.Bulkhead.Streams));
        (await mesh.GetAsync().WithinHangLimit()).Dispose();
        Assert.Equal(1, mesh.Endpoints.Sum(endpoint => endpoint.InFlight));
        stream.Dispose();
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task StreamThatFindsNoRoomAmongStreams_KeepsItsPlaceAmongCalls()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.Bulkhead.MaxStreams = 1);
        mesh.Transport.Answer(_ => ScriptedTransport.Response(200, ScriptedBody.Of("half").ThenStall().WithoutLength()));
        using var first = await mesh.GetAsync().WithinHangLimit();
        mesh.Advance(1_100);
        await Eventually.EqualsAsync(1, () => mesh.Service.Bulkhead.Streams);
        var second = await mesh.GetAsync().WithinHangLimit();
        mesh.Advance(1_100);
        Assert.Equal((1, 1), (mesh.Service.Bulkhead.InUse, mesh.Service.Bulkhead.Streams));

        second.Dispose();
        Assert.Equal((0, 1), (mesh.Service.Bulkhead.InUse, mesh.Service.Bulkhead.Streams));
        first.Dispose();
        await mesh.AssertIdleAsync();
    }

    [Theory]
    [InlineData(0, OutcomeReason.Ok)]
    [InlineData(14, OutcomeReason.GrpcUnavailable)]
    [InlineData(13, OutcomeReason.GrpcInternal)]
    [InlineData(5, OutcomeReason.ClientError)]
    public async Task GrpcStatusInTheTrailers_SettlesTheVerdict(int status, OutcomeReason expected)
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.CircuitBreaker.ConsecutiveFailures = 1);
        var answer = ScriptedTransport.Response(200, ScriptedBody.Of(new byte[5]).WithoutLength());
        answer.TrailingHeaders.TryAddWithoutValidation("grpc-status", status.ToString(System.Globalization.CultureInfo.InvariantCulture));
        mesh.Transport.Answer(_ => answer);
        using var response = await mesh.SendAsync(VirtualMesh.GrpcRequest()).WithinHangLimit();
        Assert.All(mesh.Endpoints, endpoint => Assert.Equal(EndpointState.Available, endpoint.State));

        await response.Content.ReadAsByteArrayAsync();

        Assert.Equal(expected, response.GetMeshReport()!.Reason);
        Assert.Equal(status == 14, mesh.Endpoints.Any(endpoint => endpoint.State == EndpointState.Open));
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task GrpcBodyWithALength_HasItsStatusInTheTrailersToo()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.CircuitBreaker.ConsecutiveFailures = 1);
        var answer = ScriptedTransport.Response(200, ScriptedBody.Of(new byte[5]));
        answer.TrailingHeaders.TryAddWithoutValidation("grpc-status", "14");
        mesh.Transport.Answer(_ => answer);

        using var response = await mesh.SendAsync(VirtualMesh.GrpcRequest()).WithinHangLimit();
        await response.Content.ReadAsByteArrayAsync();

        Assert.Equal(OutcomeReason.GrpcUnavailable, response.GetMeshReport()!.Reason);
        Assert.Contains(mesh.Endpoints, endpoint => endpoint.State == EndpointState.Open);
        await mesh.AssertIdleAsync();
    }

    [Theory]
    [InlineData(985, OutcomeReason.DeadlineExceeded)]
    [InlineData(500, OutcomeReason.GrpcDeadlineExceeded)]
    public async Task GrpcDeadlineInTheTrailers_IsNoEvidenceWhenItIsTheCallsOwn(int milliseconds, OutcomeReason expected)
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.CircuitBreaker.ConsecutiveFailures = 1);
        var body = ScriptedBody.Of(new byte[5]).ThenStall().WithoutLength();
        var answer = ScriptedTransport.Response(200, body);
        answer.TrailingHeaders.TryAddWithoutValidation("grpc-status", "4");
        mesh.Transport.Answer(_ => answer);
        using var request = VirtualMesh.GrpcRequest();
        request.Headers.Add("grpc-timeout", "1S");
        using var response = await mesh.SendAsync(request).WithinHangLimit();
        var reading = response.Content.ReadAsByteArrayAsync();
        mesh.Advance(milliseconds);

        body.Release();
        await reading.WithinHangLimit();

        Assert.Equal(expected, response.GetMeshReport()!.Reason);
        Assert.Equal(expected == OutcomeReason.GrpcDeadlineExceeded, mesh.Endpoints.Any(endpoint => endpoint.State == EndpointState.Open));
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task FailureWithALongBody_IsKnownBeforeItsBodyIsRead()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.CircuitBreaker.ConsecutiveFailures = 1);
        mesh.Transport.Answer(_ => ScriptedTransport.Response(503, ScriptedBody.Of("page").ThenStall().WithoutLength()));

        using var response = await mesh.SendAsync(VirtualMesh.Request("POST")).WithinHangLimit();

        Assert.Contains(mesh.Endpoints, endpoint => endpoint.State == EndpointState.Open);
    }

    [Fact]
    public async Task StreamThatBreaksLater_IsEvidenceOfItsOwn()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy =>
        {
            policy.CircuitBreaker.FailureRatio = 0.5;
            policy.CircuitBreaker.MinimumThroughput = 2;
        }, endpoints: 1);
        var body = ScriptedBody.Of("half").ThenStall().ThenBreak().WithoutLength();
        mesh.Transport.Answer(_ => ScriptedTransport.Response(200, body));
        using var response = await mesh.GetAsync().WithinHangLimit();
        mesh.Advance(1_100);
        await Eventually.EqualsAsync(1, () => mesh.Service.Bulkhead.Streams);
        body.Release();

        await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsStringAsync());

        // One success, one failure: half of two.
        Assert.Equal(EndpointState.Open, mesh.Endpoints[0].State);
        Assert.Equal(OutcomeReason.BodyBroken, response.GetMeshReport()!.Reason);
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task SlowReader_DoesNotLookLikeASlowEndpoint()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, endpoints: 1);
        mesh.Transport.Answer(async (_, token) =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), time, token);
            return ScriptedTransport.Response(200, ScriptedBody.Of("whole").WithoutLength());
        });
        using var response = await mesh.AdvanceUntilEndedAsync(mesh.GetAsync(), stepMilliseconds: 10);
        mesh.Advance(900);

        await response.Content.ReadAsStringAsync();

        Assert.InRange(mesh.Endpoints[0].Latency!.Value.TotalMilliseconds, 10, 60);
    }

    [Fact]
    public async Task WrappedContent_KeepsHeadersAndLength()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.Answer(_ => ScriptedTransport.Response(200, ScriptedBody.Of(new byte[70_000]), ("Content-Type", "image/png"), ("Content-Encoding", "gzip"), ("Content-Language", "tlh")));

        using var response = await mesh.GetAsync().WithinHangLimit();

        Assert.IsNotType<ScriptedBody>(response.Content);
        Assert.Equal("image/png", response.Content.Headers.ContentType!.ToString());
        Assert.Equal(70_000, response.Content.Headers.ContentLength);
        Assert.Equal("gzip", response.Content.Headers.ContentEncoding.Single());
        Assert.Equal("tlh", response.Content.Headers.ContentLanguage.Single());
        Assert.Equal(70_000, (await response.Content.ReadAsByteArrayAsync()).Length);
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task SynchronousSend_GoesTheSameWay()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.Answer(request => request.Number switch
        {
            1 => ScriptedTransport.Response(503),
            2 => ScriptedTransport.Response(200, "short"),
            _ => ScriptedTransport.Response(200, ScriptedBody.Of("long").WithoutLength()),
        });

        using (var response = mesh.Send(VirtualMesh.Request()))
        using (var reader = new StreamReader(response.Content.ReadAsStream()))
        {
            Assert.Equal("short", reader.ReadToEnd());
            Assert.Equal(2, response.GetMeshReport()!.Attempts.Count);
        }

        using (var response = mesh.Send(VirtualMesh.Request()))
        using (var reader = new StreamReader(response.Content.ReadAsStream()))
        {
            Assert.Equal("long", reader.ReadToEnd());
        }

        mesh.Transport.Answer(_ => throw TransportErrors.Refused());
        Assert.Throws<HttpRequestException>(() => mesh.Send(VirtualMesh.Request()));
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task UpgradedConnection_CanBeWrittenToAndMayBeSilent()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.Answer(_ => new HttpResponseMessage(HttpStatusCode.SwitchingProtocols) { Content = new TwoWayContent() });
        using var response = await mesh.GetAsync().WithinHangLimit();
        var stream = await response.Content.ReadAsStreamAsync();

        Assert.True(stream.CanWrite);
        await stream.WriteAsync("hello"u8.ToArray());
        await stream.FlushAsync();
        var read = stream.ReadAsync(new byte[5]).AsTask();
        mesh.Advance(TimeSpan.FromHours(2).TotalMilliseconds);
        Assert.False(read.IsCompleted);

        response.Dispose();
        await mesh.AssertIdleAsync();
    }

    /// <summary>As the stock handler gives an upgraded connection: its content is the connection itself.</summary>
    private sealed class TwoWayContent : HttpContent
    {
        protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult<Stream>(new TwoWayStream());

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => throw new NotSupportedException();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    private sealed class TwoWayStream : MemoryStream
    {
        private readonly TaskCompletionSource<int> _silence = new();

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(_silence.Task);
    }
}
