using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MeshLib.Tests.Placement.Grpc;

/// <summary>A gRPC server on a loopback port, without TLS, that behaves as the test says.</summary>
internal sealed class StockServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private int _calls;

    private StockServer(int number)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2));
        builder.Logging.ClearProviders();
        builder.Services.AddRouting();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(this);
        Number = number;
        _application = builder.Build();
        _application.MapGrpcService<StockService>();
    }

    public int Number { get; }

    public int Calls => Volatile.Read(ref _calls);

    /// <summary>What the server does before it answers; it may throw.</summary>
    public Func<ServerCallContext, Task> Behaviour { get; set; } = static _ => Task.CompletedTask;

    public TaskCompletionSource StreamGoesOn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Address => _application.Urls.Single();

    public static async Task<StockServer> StartAsync(int number)
    {
        var server = new StockServer(number);
        await server._application.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private async Task<Level> AnswerAsync(ServerCallContext context)
    {
        Interlocked.Increment(ref _calls);
        await Behaviour(context);
        return new Level { Server = Number };
    }

#pragma warning disable CA1812 // Made by gRPC.
    private sealed class StockService(StockServer server) : Stock.StockBase
#pragma warning restore CA1812
    {
        public override Task<Level> GetLevel(Article request, ServerCallContext context) => server.AnswerAsync(context);

        public override Task<Level> Reserve(Article request, ServerCallContext context) => server.AnswerAsync(context);

        public override async Task Watch(Article request, IServerStreamWriter<Level> responseStream, ServerCallContext context)
        {
            await responseStream.WriteAsync(await server.AnswerAsync(context));
            await server.StreamGoesOn.Task.WaitAsync(context.CancellationToken);
            await responseStream.WriteAsync(new Level { Server = server.Number });
        }
    }
}
