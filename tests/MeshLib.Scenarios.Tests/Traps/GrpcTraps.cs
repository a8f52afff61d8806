using System.Net.Http.Headers;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Scenarios.Tests.Traps;

/// <summary>Traps of gRPC over handlers made for HTTP.</summary>
public partial class GrpcTraps
{
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create(static message => message, static message => message);
    private static readonly Method<byte[], byte[]> Get = new(MethodType.Unary, "shop.Orders", "Get", Bytes, Bytes);

    [Theory]
    [InlineData(false, StatusCode.Unavailable)]
    [InlineData(true, StatusCode.OK)]
    public async Task T18_HandlerThatRewritesTheAddress_Today_NeedsTheChannelsBalancingSwitchedOff(bool switchedOff, StatusCode expected)
    {
        await using var server = await GrpcServer.StartAsync();
        using var sockets = new SocketsHttpHandler();
        if (switchedOff)
        {
            sockets.Properties["__GrpcLoadBalancingDisabled"] = true;
        }

        // A name that cannot resolve, without asking a resolver (RFC 6761).
        using var channel = GrpcChannel.ForAddress("http://orders.invalid", new GrpcChannelOptions { HttpHandler = new Rewriting(server.Address, sockets) });

        var status = await CallAsync(channel.CreateCallInvoker());

        Assert.Equal(expected, status);
        Assert.Equal(switchedOff ? 1 : 0, server.Calls);
    }

    [Fact]
    public async Task T19_Unavailable_Today_IsASuccess()
    {
        await using var host = new TrapHost(services => services.AddHttpClient(TrapHost.Orders).AddStandardResilienceHandler(TrapClients.RetryAtOnce));
        host.Transport.Answer(_ => Unavailable());

        using var response = await host.Client().SendAsync(GrpcRequest());

        Assert.Equal(1, host.Transport.Attempts);
    }

    internal static HttpResponseMessage Unavailable()
    {
        // Trailers-only: the status stands among the headers.
        var response = ScriptedTransport.Response(200, "", ("grpc-status", "14"));
        response.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        return response;
    }

    internal static HttpRequestMessage GrpcRequest()
    {
        var content = new ByteArrayContent(new byte[5]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        return new HttpRequestMessage(HttpMethod.Post, "http://orders/shop.Orders/Get")
        {
            Content = content,
            Version = new Version(2, 0),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    internal static async Task<StatusCode> CallAsync(CallInvoker invoker)
    {
        try
        {
            using var call = invoker.AsyncUnaryCall(Get, host: null, new CallOptions(), []);
            await call.ResponseAsync.WithinHangLimit();
            return call.GetStatus().StatusCode;
        }
        catch (RpcException exception)
        {
            return exception.StatusCode;
        }
    }

    private sealed class Rewriting(Uri address, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.RequestUri = new Uri(address, request.RequestUri!.PathAndQuery);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
