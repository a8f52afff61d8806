using MeshLib;
using MeshLib.AspNetCore;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Tells the mesh about the web server it lives in.</summary>
public static class MeshBuilderServerExtensions
{
    /// <summary>
    /// Makes the addresses that the web server listens on known to the mesh, so that a registry can register this instance without being told a port. <c>UseMesh()</c> comes too late for
    /// that: what the services hold is fixed by then.
    /// </summary>
    /// <param name="builder">The mesh.</param>
    public static IMeshBuilder AddAspNetCore(this IMeshBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddSingleton<IMeshListenAddress>(static services =>
            new ServerListenAddress(services.GetRequiredService<IHostApplicationLifetime>(), services.GetService<IServer>()));
        return builder;
    }
}
