using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Testing.Tests.Hosting;

/// <summary>Scripted instances behind the mesh as it runs in production, on virtual time.</summary>
public sealed class ScriptedInstancesTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Orders_WhenOneOfThreeInstancesFails_AreAllAnswered()
    {
        var time = new FakeTimeProvider();
        var orders = new FakeService("orders", instances: 3);
        orders[1].Answers(FakeAnswer.Status(503));

        var services = new ServiceCollection();
        services.AddMeshClient("orders");
        services.AddMeshTesting(testing => testing.UseTime(time).Route(orders));
        await using var host = services.BuildServiceProvider();
        using var client = host.GetRequiredService<IHttpClientFactory>().CreateClient("orders");

        for (var call = 0; call < 100; call++)
        {
            using var response = await client.GetAsync("/orders/7").WhileTimePasses(time.Advance);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        TestContext.Current.TestOutputHelper!.WriteLine(string.Join(" ", orders.Instances.Select(i => i.Received.Count)) + " " + time.GetUtcNow());
    }
}
