using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;

namespace MeshLib.Scenarios.Tests.Traps;

/// <summary>The ways today's stack is put together in these tests.</summary>
internal static class TrapClients
{
    /// <summary>The Aspire template's defaults for all clients: standard resilience, then discovery.</summary>
    public static void AddAspireTemplate(this IServiceCollection services)
    {
        services.AddServiceDiscovery();
        services.ConfigureHttpClientDefaults(http =>
        {
            http.AddStandardResilienceHandler(RetryAtOnce);
            http.AddServiceDiscovery();
        });
        services.AddHttpClient(TrapHost.Orders);
    }

    public static void RetryAtOnce(HttpStandardResilienceOptions options) => options.Retry.Delay = TimeSpan.Zero;

    public static HttpRetryStrategyOptions ThreeRetriesAtOnce() => new() { MaxRetryAttempts = 3, Delay = TimeSpan.Zero };
}
