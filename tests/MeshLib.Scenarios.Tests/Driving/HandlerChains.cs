using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace MeshLib.Scenarios.Tests;

/// <summary>Builds handler chains as HttpClientFactory does at each rotation, without the second that the shortest handler lifetime takes.</summary>
internal static class HandlerChains
{
    public static HttpMessageInvoker NewChain(IServiceProvider host, string client)
    {
        var builder = host.GetRequiredService<HttpMessageHandlerBuilder>();
        builder.Name = client;
        var actions = host.GetRequiredService<IOptionsMonitor<HttpClientFactoryOptions>>().Get(client).HttpMessageHandlerBuilderActions;
        Action<HttpMessageHandlerBuilder> configure = chain =>
        {
            foreach (var action in actions)
            {
                action(chain);
            }
        };
        foreach (var filter in host.GetServices<IHttpMessageHandlerBuilderFilter>().Reverse())
        {
            configure = filter.Configure(configure);
        }

        configure(builder);
        return new HttpMessageInvoker(builder.Build());
    }
}
