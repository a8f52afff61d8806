using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Scenarios.Tests.Traps;

public partial class GrpcTraps
{
    [Fact]
    public async Task T18_GrpcThroughTheFactory_Mesh_ReachesTheInstance()
    {
        await using var server = await GrpcServer.StartAsync();
        var services = new ServiceCollection();
        services.AddMesh().AddEndpoints("orders", server.Address.AbsoluteUri);
        services.AddMeshClient("orders");
        await using var provider = services.BuildServiceProvider();
        var handler = provider.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler("orders");
        using var channel = GrpcChannel.ForAddress("http://orders", new GrpcChannelOptions { HttpHandler = handler });

        Assert.Equal(StatusCode.OK, await CallAsync(channel.CreateCallInvoker()));
        Assert.Equal(1, server.Calls);
    }

    [Fact]
    public async Task T18_GrpcOutsideTheFactory_Mesh_ReachesTheInstance()
    {
        await using var server = await GrpcServer.StartAsync();
        var services = new ServiceCollection();
        services.AddMesh().AddEndpoints("orders", server.Address.AbsoluteUri);
        await using var provider = services.BuildServiceProvider();
        using var handler = provider.GetRequiredService<IMeshHandlerFactory>().CreateHandler(new SocketsHttpHandler());
        using var channel = GrpcChannel.ForAddress("http://orders", new GrpcChannelOptions { HttpHandler = handler });

        Assert.Equal(StatusCode.OK, await CallAsync(channel.CreateCallInvoker()));
        Assert.Equal(1, server.Calls);
    }

    [Fact]
    public async Task T19_Unavailable_Mesh_IsAFailureThatAnotherInstanceMends()
    {
        await using var host = TrapHost.Mesh(configure: mesh => mesh.Services["orders"].Retry.GrpcMethods = ["/shop.Orders/Get*"]);
        host.Transport.Answer(request => request.Number == 1 ? Unavailable() : ScriptedTransport.Response(200, "", ("grpc-status", "0")));

        using var response = await host.Client().SendAsync(GrpcRequest());

        Assert.Equal(2, host.Hosts.Distinct().Count());
        Assert.Equal("0", response.Headers.GetValues("grpc-status").Single());
    }

    [Fact]
    public async Task T19_UnavailableInTrailers_Mesh_TeachesTheBreaker()
    {
        await using var host = TrapHost.Mesh(endpoints: 1);
        host.Transport.Answer(_ =>
        {
            var response = ScriptedTransport.Response(200, ScriptedBody.Of(new byte[5]).WithoutLength());
            response.TrailingHeaders.Add("grpc-status", "14");
            return response;
        });

        for (var call = 0; call < 5; call++)
        {
            using var response = await host.Client().SendAsync(GrpcRequest());
        }

        Assert.Equal(EndpointState.Open, host.Endpoint(0).State);
    }
}
