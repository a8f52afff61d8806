using Microsoft.Extensions.Http;

namespace MeshLib.Testing;

/// <summary>Puts the fake network below the mesh's clients, after everybody else has had a say in their primary handlers.</summary>
internal sealed class FakeNetworkFilter(FakeNetwork network, MeshClientNames clients) : IHttpMessageHandlerBuilderFilter
{
    public Action<HttpMessageHandlerBuilder> Configure(Action<HttpMessageHandlerBuilder> next)
    {
        return builder =>
        {
            next(builder);
            if (clients.IsMeshed(builder.Name ?? ""))
            {
                builder.PrimaryHandler = new FakeNetworkHandler(network, builder.PrimaryHandler);
            }
        };
    }
}
