using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MeshLib.Benchmarks;

/// <summary>One instance of <c>orders</c> on a loopback port, whose sickness the script switches.</summary>
internal sealed class SoakInstance : IAsyncDisposable
{
    private static readonly byte[] Body = new byte[1024];
    private readonly WebApplication _app;
    private int _requests;
    private volatile Sickness _sickness;

    private SoakInstance(WebApplication app) => _app = app;

    /// <summary>Requests that arrived.</summary>
    public int Requests => Volatile.Read(ref _requests);

    public Sickness Sickness
    {
        get => _sickness;
        set => _sickness = value;
    }

    public string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    public static async Task<SoakInstance> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var instance = new SoakInstance(app);
        app.Run(instance.AnswerAsync);
        await app.StartAsync();
        return instance;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _requests);
        switch (_sickness)
        {
            case Sickness.Unavailable:
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                return;
            case Sickness.Slow:
                await Task.Delay(TimeSpan.FromMilliseconds(400), TimeProvider.System, context.RequestAborted);
                break;
            case Sickness.Hanging:
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
                break;
            case Sickness.Resetting:
                context.Abort();
                return;
            case Sickness.CutsBodies:
                context.Response.ContentLength = Body.Length;
                await context.Response.Body.WriteAsync(Body.AsMemory(0, Body.Length / 2));
                await context.Response.Body.FlushAsync();
                context.Abort();
                return;
        }

        context.Response.ContentLength = Body.Length;
        await context.Response.Body.WriteAsync(Body);
    }
}
