using System.Diagnostics.Metrics;
using MeshLib;
using MeshLib.AspNetCore;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Puts the server half of the mesh into the request pipeline.</summary>
public static class MeshApplicationBuilderExtensions
{
    private const string Wired = "MeshLib.UseMesh";

    // What UseAuthentication and UseAuthorization leave behind; WebApplication itself reads them to know what it need not add.
    private static readonly string[] Later = ["__AuthenticationMiddlewareSet", "__AuthorizationMiddlewareSet"];

    /// <summary>
    /// Honours the deadlines that come with requests (<c>mesh-timeout</c>, <c>grpc-timeout</c>, <c>x-envoy-expected-rq-timeout-ms</c>; the shortest counts). The deadline becomes
    /// <see cref="Deadline.Current"/>, so outgoing mesh calls inherit it; at the deadline <see cref="HttpContext.RequestAborted"/> fires, and unless the response has begun the answer is 504.
    /// A deadline only ever shortens. A gRPC request gets the ambient deadline only; its server ends it. The addresses that the server is bound to become known to the mesh, so that a
    /// registry can register this instance without being told a port.
    /// </summary>
    /// <remarks>
    /// It stands after forwarded headers and the exception handler, and before authentication. Section <c>Mesh:Server</c>: <c>Deadline</c> is <c>Enforce</c> (default), <c>Observe</c> (count,
    /// change nothing) or <c>Off</c>; <c>MaxDeadline</c> (default none, from 1 ms to 24 days) limits every request, those without a deadline and endless streams included.
    /// </remarks>
    /// <param name="app">The application.</param>
    /// <exception cref="InvalidOperationException">
    /// <c>AddMesh()</c> was not called on the services, <c>UseMesh()</c> was called before, or authentication or authorization stands before it.
    /// </exception>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">There is a mistake in section <c>Mesh:Server</c>; all of them are named, and those in the rest of section <c>Mesh</c> with them.</exception>
    public static IApplicationBuilder UseMesh(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var services = app.ApplicationServices;
        var clock = services.GetService<MeshEnvironment>()?.Clock
            ?? throw new InvalidOperationException("UseMesh() needs the services of the mesh: call builder.Services.AddMesh() before the application is built.");
        if (!app.Properties.TryAdd(Wired, true))
        {
            throw new InvalidOperationException("UseMesh() has been called before on this application; once is enough.");
        }

        if (Later.Any(app.Properties.ContainsKey))
        {
            throw new InvalidOperationException("UseMesh() stands after authentication or authorization. Call it before UseAuthentication() and UseAuthorization(), so that a request whose time is up costs neither.");
        }

        if (services.GetService<IMeshListenAddress>() is ListenAddress address)
        {
            address.Use(() => ServerAddresses.Of(services.GetService<IServer>()));
        }

        var logging = services.GetRequiredService<ILoggerFactory>();
        var settings = services.GetRequiredService<StartChecks>().Make(() => new ServerSettingsSource(services.GetRequiredService<IConfiguration>(), logging.CreateLogger<ServerSettingsSource>()));
        services.GetService<IHostApplicationLifetime>()?.ApplicationStopped.Register(settings.Dispose);
        var metrics = new ServerMetrics(services.GetRequiredService<IMeterFactory>());
        var sweep = services.GetRequiredService<DeadlineSweep>();
        return app.Use(next => new DeadlineMiddleware(next, clock, sweep, settings, metrics, logging.CreateLogger<DeadlineMiddleware>()).InvokeAsync);
    }
}
