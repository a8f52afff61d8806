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
    /// <summary>
    /// Honours the deadlines that come with requests (<c>mesh-timeout</c>, <c>grpc-timeout</c>, <c>x-envoy-expected-rq-timeout-ms</c>; the shortest counts). The deadline becomes
    /// <see cref="Deadline.Current"/>, so outgoing mesh calls inherit it; at the deadline <see cref="HttpContext.RequestAborted"/> fires, and unless the response has begun the answer is 504.
    /// A deadline only ever shortens. A gRPC request gets the ambient deadline only; its server ends it. The addresses that the server is bound to become known to the mesh, so that a
    /// registry can register this instance without being told a port. Once the host stops, answers tell mesh clients that this instance is leaving (<c>Retry-After</c> and <c>mesh-retry: no</c>).
    /// </summary>
    /// <remarks>
    /// It stands after forwarded headers and the exception handler, and before authentication. Where authentication is registered and <c>UseAuthentication()</c> is not called, <c>WebApplication</c>
    /// puts it before everything, which is logged once as a warning: call <c>UseAuthentication()</c> and <c>UseAuthorization()</c> after this. Section <c>Mesh:Server</c>: <c>Deadline</c> is <c>Enforce</c> (default), <c>Observe</c> (count,
    /// change nothing) or <c>Off</c>; <c>MaxDeadline</c> (default none, from 1 ms to 24 days) limits every request, those without a deadline and endless streams included.
    /// </remarks>
    /// <param name="app">The application.</param>
    /// <exception cref="InvalidOperationException">
    /// <c>AddMesh()</c> was not called on the services, <c>UseMesh()</c> was called before, or authentication or authorization stands before it; when the pipeline is built: an exception handler stands after it.
    /// </exception>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">There is a mistake in section <c>Mesh:Server</c>; all of them are named, and those in the rest of section <c>Mesh</c> with them.</exception>
    public static IApplicationBuilder UseMesh(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var services = app.ApplicationServices;
        var clock = services.GetService<MeshEnvironment>()?.Clock
            ?? throw new InvalidOperationException("UseMesh() needs the services of the mesh: call builder.Services.AddMesh() before the application is built.");
        var logging = services.GetRequiredService<ILoggerFactory>();
        var order = new PipelineOrder(app, logging.CreateLogger<PipelineOrder>());
        if (services.GetService<IMeshListenAddress>() is ListenAddress address)
        {
            address.Use(() => ServerAddresses.Of(services.GetService<IServer>()));
        }

        var settings = services.GetRequiredService<StartChecks>().Make(() => new ServerSettingsSource(services.GetRequiredService<IConfiguration>(), logging.CreateLogger<ServerSettingsSource>()));
        services.GetService<IHostApplicationLifetime>()?.ApplicationStopped.Register(settings.Dispose);
        var metrics = new ServerMetrics(services.GetRequiredService<IMeterFactory>(), services.GetRequiredService<ListenerFaults>());
        var sweep = services.GetRequiredService<DeadlineSweep>();
        var stopping = services.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? CancellationToken.None;
        return app.Use(next => order.Place(new DrainAnnouncement(
            new DeadlineMiddleware(next, clock, sweep, settings, metrics, logging.CreateLogger<DeadlineMiddleware>()).InvokeAsync, stopping).InvokeAsync));
    }
}
