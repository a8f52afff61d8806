using Microsoft.Extensions.Http;

namespace MeshLib;

/// <summary>
/// Puts the mesh handler innermost in the chains of mesh clients, directly above the factory's own logging and the primary handler, whatever the order of registration:
/// the user's handlers (authentication, caching) then run once per call.
/// </summary>
internal sealed class MeshHandlerFilter(MeshPipeline pipeline, MeshClients clients, MeshClientNames names, MeshPolicies policies, ForeignHandlers foreign) : IHttpMessageHandlerBuilderFilter
{
    public Action<HttpMessageHandlerBuilder> Configure(Action<HttpMessageHandlerBuilder> next)
    {
        return builder =>
        {
            var name = builder.Name ?? "";
            if (!names.IsMeshed(name))
            {
                next(builder);
                return;
            }

            // Before the rest of the builder runs, so that whatever the user configures on the handler, or puts in its place, wins.
            if (names.IsNamed(name))
            {
                var service = names.ServiceOf(name);
                builder.PrimaryHandler = MeshTransport.Create(service is null ? policies.ForService("") : policies.ForClient(service, name));
            }

            next(builder);
            if (builder.AdditionalHandlers.OfType<MeshHandler>().Any())
            {
                return;
            }

            MeshTransport.LeaveBalancingToTheMesh(builder.PrimaryHandler);
            builder.AdditionalHandlers.Add(new MeshHandler(pipeline, clients.Get(name), foreign.TakeOut(builder)));
        };
    }
}
