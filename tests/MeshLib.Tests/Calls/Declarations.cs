using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Tests.Calls;

/// <summary>What tests declare beside <c>orders</c>.</summary>
internal static class Declarations
{
    public static void AddExternal(this IServiceCollection services, string host) => services.AddMesh(options => options.Services[host].External = true);
}
