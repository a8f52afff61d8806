using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;

namespace MeshLib;

/// <summary>What other packages have put into a mesh client's chain and what cannot stay there.</summary>
internal sealed partial class ForeignHandlers(ILogger<ForeignHandlers> logger)
{
    private const string ResolvingHandler = "Microsoft.Extensions.ServiceDiscovery.Http.ResolvingHttpDelegatingHandler";

    /// <summary>Microsoft's resolving handler would turn the logical address into a physical one before the mesh sees it.</summary>
    public void TakeOut(HttpMessageHandlerBuilder builder)
    {
        for (var i = builder.AdditionalHandlers.Count - 1; i >= 0; i--)
        {
            if (builder.AdditionalHandlers[i].GetType().FullName == ResolvingHandler)
            {
                builder.AdditionalHandlers.RemoveAt(i);
                LogResolvingHandlerRemoved(logger, builder.Name ?? "");
            }
        }
    }

    [LoggerMessage(400, LogLevel.Debug, "Client {Client}: Microsoft's service discovery handler was taken out; the mesh resolves.")]
    private static partial void LogResolvingHandlerRemoved(ILogger logger, string client);
}
