using System.Net;
using Grpc.Core;
using Grpc.Net.Client;
using MeshLib.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.AspNetCore.Tests.Grpc;

/// <summary>The gRPC server ends gRPC calls; the mesh makes their deadline ambient and writes no answer of its own.</summary>
public sealed class GrpcDeadlineTests : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly SocketsHttpHandler _transport = new() { UseProxy = false };
    private readonly Uri _address;
    private readonly GrpcChannel _channel;

    public GrpcDeadlineTests()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddRouting();
        builder.Services.AddGrpc();
        builder.Services.AddMesh();
        _app = builder.Build();
        _app.UseMesh();
        _app.MapGrpcService<ClockworkService>();
        _app.StartAsync(TestContext.Current.CancellationToken).GetAwaiter().GetResult();
        _address = new Uri(_app.Urls.Single());
        _channel = GrpcChannel.ForAddress(_address, new GrpcChannelOptions { HttpHandler = _transport });
    }

    [Fact]
    public async Task Call_WithADeadline_FindsItAmbient()
    {
        var client = new Clockwork.ClockworkClient(_channel);
        var answer = await client.LookAsync(new Question(), deadline: InFuture(TimeSpan.FromMinutes(1)), cancellationToken: TestContext.Current.CancellationToken);

        Assert.InRange(answer.Remaining, 1, 60_000);
    }

    [Fact]
    public async Task Call_WithoutADeadline_HasNone()
    {
        var client = new Clockwork.ClockworkClient(_channel);
        var answer = await client.LookAsync(new Question(), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(-1, answer.Remaining);
    }

    [Theory]
    [InlineData("grpc-timeout")]
    [InlineData("mesh-timeout")]
    public async Task Call_WhenTheDeadlineHasPassedOrPasses_IsNeverAnswered504(string header)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = _address };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/clockwork.Clockwork/Look")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent([0, 0, 0, 0, 0]),
        };
        request.Content.Headers.ContentType = new("application/grpc");
        request.Headers.TE.Add(new("trailers"));
        request.Headers.Add(header, "1n");
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken).WithinHangLimit();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/grpc", response.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task Call_WhenTheDeadlinePasses_EndsAsGrpcEndsIt()
    {
        var client = new Clockwork.ClockworkClient(_channel);
        var failure = await Assert.ThrowsAsync<RpcException>(() =>
            client.HangAsync(new Question(), deadline: InFuture(TimeSpan.FromMilliseconds(200)), cancellationToken: TestContext.Current.CancellationToken).ResponseAsync).WithinHangLimit();

        Assert.Equal(StatusCode.DeadlineExceeded, failure.StatusCode);
    }

    [Fact]
    public async Task Call_WhenSomethingBeforeTheServiceFailsAtTheDeadline_IsAnsweredInGrpc()
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var app = await TestApplication.StartAsync(async _ =>
        {
            entered.SetResult();
            await released.Task;
            throw new InvalidOperationException("the database of the authentication");
        });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/clockwork.Clockwork/Look") { Content = new ByteArrayContent([]), Headers = { { "mesh-timeout", "1S" } } };
        request.Content.Headers.ContentType = new("application/grpc");
        var call = app.Client.SendAsync(request, TestContext.Current.CancellationToken);
        await entered.Task.WithinHangLimit();
        app.Time.Advance(TimeSpan.FromSeconds(1));
        released.SetResult();

        using var response = await call.WithinHangLimit();
        Assert.Equal((HttpStatusCode.OK, "application/grpc", "4"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType, response.Headers.GetValues("grpc-status").Single()));
        Assert.Single(app.Logs.WithEvent(602));
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        _transport.Dispose();
        await _app.DisposeAsync();
    }

    private static DateTime InFuture(TimeSpan span) => (TimeProvider.System.GetUtcNow() + span).UtcDateTime;

    private sealed class ClockworkService : Clockwork.ClockworkBase
    {
        public override Task<Answer> Look(Question request, ServerCallContext context) =>
            Task.FromResult(new Answer { Remaining = Deadline.Current is { } deadline ? (long)deadline.Remaining.TotalMilliseconds : -1 });

        public override async Task<Answer> Hang(Question request, ServerCallContext context)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
            return new Answer();
        }
    }
}
