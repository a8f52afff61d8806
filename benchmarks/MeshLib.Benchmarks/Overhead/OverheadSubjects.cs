using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Benchmarks;

/// <summary>The clients whose cost is compared; the first one is what the others are divided by.</summary>
internal static class OverheadSubjects
{
    private const string Client = "orders";

    public static OverheadSubject[] Create() =>
    [
        new("bare factory client, no loggers", services => services.AddHttpClient(Client).RemoveAllLoggers()),
        new("factory default (loggers, no sink)", services => services.AddHttpClient(Client)),
        new("service discovery, no loggers", services =>
        {
            services.AddServiceDiscovery();
            return services.AddHttpClient(Client).RemoveAllLoggers().AddServiceDiscovery();
        }),
        new("standard resilience + discovery, no loggers", services =>
        {
            services.AddServiceDiscovery();
            var builder = services.AddHttpClient(Client).RemoveAllLoggers();
            builder.AddStandardResilienceHandler();
            return builder.AddServiceDiscovery();
        }),
        new("MeshLib, everything on, no loggers", services => services.AddMeshClient(Client).RemoveAllLoggers()),
    ];
}
