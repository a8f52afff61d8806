using MeshLib.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ServiceDiscovery;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Scenarios.Tests.Documentation;

/// <summary>What the README shows of policies, compiled and run.</summary>
public class Snippets
{
    [Fact]
    public async Task Policies_InCode_AreValid()
    {
        var builder = new { Services = new ServiceCollection() };

        #region policy
        // What the callers of a service share is set for the service, what belongs to a call also for one client.
        builder.Services.AddMesh(options => options.Services["orders"].CircuitBreaker.ConsecutiveFailures = 3);
        builder.Services.AddMeshClient("orders", policy => policy.Timeout = TimeSpan.FromSeconds(5));

        // An existing client, gRPC clients included (AddGrpcClient<…>(…).AddMeshHandler(…)), asks for any service by its address.
        builder.Services.AddHttpClient("reports").AddMeshHandler(policy => policy.Retry.MaxAttempts = 1);
        #endregion

        await using var services = builder.Services.BuildServiceProvider();
        var policies = services.GetRequiredService<MeshPolicies>();
        Assert.Equal(3, policies.ForService("orders").CircuitBreaker.ConsecutiveFailures);
        Assert.Equal(TimeSpan.FromSeconds(5), policies.ForClient("orders", "orders").Timeout);
        Assert.Equal(1, policies.ForClient("orders", "reports").Retry.MaxAttempts);
    }

    [Fact]
    public async Task AMesh_IsTwoLines()
    {
        var builder = new { Services = new ServiceCollection() };

        #region mesh
        builder.Services.AddMesh();
        builder.Services.AddMeshClient<OrdersClient>("orders");     // http://orders/…
        #endregion

        await using var services = builder.Services.BuildServiceProvider();
        Assert.Equal("http://orders/", services.GetRequiredService<OrdersClient>().BaseAddress);
    }

    [Fact]
    public async Task EndpointsInCode_MayHaveWeights()
    {
        var builder = new { Services = new ServiceCollection() };
        var first = ServiceEndpoint.Create(new UriEndPoint(new Uri("http://10.0.0.1:8080")));

        #region endpoints
        var second = ServiceEndpoint.Create(new UriEndPoint(new Uri("http://10.0.0.2:8080")));
        second.Features.Set(new EndpointMetadata { Weight = 3, Zone = "eu-1a" });
        builder.Services.AddMesh().AddEndpoints("orders", [first, second]);
        #endregion

        await using var services = builder.Services.BuildServiceProvider();
        var directory = services.GetRequiredService<IMeshDirectory>();
        await directory.WarmUpAsync(["orders"]).WithinHangLimit();
        Assert.Equal([1, 3], services.GetRequiredService<MeshServices>().Sets.Single().Snapshot!.All.Select(static endpoint => endpoint.Metadata.Weight));
    }

    [Fact]
    public async Task Requests_MayOverrideTheirPolicy()
    {
        var services = new ServiceCollection();
        services.AddMeshClient("orders");
        services.AddMeshTesting(static testing => testing.UseTime(new FakeTimeProvider()).Route(new FakeService("orders")));
        await using var host = services.BuildServiceProvider();
        var client = host.GetRequiredService<IHttpClientFactory>().CreateClient("orders");

        #region request
        using var request = new HttpRequestMessage(HttpMethod.Post, "/orders");
        request.SetMeshDeadline(TimeSpan.FromMilliseconds(500));
        request.AllowMeshRetry(true);
        using var response = await client.SendAsync(request);
        Console.WriteLine(response.GetMeshReport());
        #endregion

        Assert.Equal("orders: Ok (http://orders-0.test/ Ok)", response.GetMeshReport()!.ToString());
    }

    [Fact]
    public async Task ATest_WithThreeInstancesOfWhichOneFails_IsTenLinesLong()
    {
        var services = new ServiceCollection();
        services.AddMeshClient("orders");

        #region testing
        var time = new FakeTimeProvider();
        var orders = new FakeService("orders", instances: 3).Answers(FakeAnswer.Ok("order 7"));
        orders[1].Answers(FakeAnswer.Status(503).After(TimeSpan.FromSeconds(2)));
        services.AddMeshTesting(testing => testing.UseTime(time).Route(orders));

        await using var host = services.BuildServiceProvider();
        var client = host.GetRequiredService<IHttpClientFactory>().CreateClient("orders");
        for (var call = 0; call < 100; call++)
        {
            Assert.Equal("order 7", await client.GetStringAsync("/orders/7").WhileTimePasses(time.Advance));
        }

        Assert.Single(orders[1].Received);
        #endregion
    }

    private sealed class OrdersClient(HttpClient http)
    {
        public string? BaseAddress => http.BaseAddress?.AbsoluteUri;
    }
}
