using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Scenarios.Tests.Headline;

/// <summary>What the headline shows when the load begins with a burst: a process that was stopped for a moment, or a queue that is let go.</summary>
public class ColdStartTests
{
    private const int Calls = 90;
    private static readonly string[] Instances = ["http://10.0.0.1:8080", "http://10.0.0.2:8080", "http://10.0.0.3:8080"];

    [Fact]
    public async Task Mesh_WhenABurstFollowsTheFirstCall_DoesNotSendAllOfItToTheOneProvenInstance()
    {
        var services = new ServiceCollection();
        using var transport = new ScriptedTransport();
        services.AddMesh().AddEndpoints("orders", Instances);
        services.AddMeshClient("orders").ConfigurePrimaryHttpMessageHandler(() => transport);
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<IHttpClientFactory>().CreateClient("orders");
        transport.AnswerWith(200);
        (await client.GetAsync("/").WithinHangLimit()).Dispose();

        transport.Answer((Func<ScriptedRequest, HttpResponseMessage>?)null);
        var burst = Enumerable.Range(0, Calls).Select(_ => client.GetAsync("/")).ToList();
        var open = new List<ScriptedExchange>();
        while (open.Count < Calls)
        {
            open.Add(await transport.NextAsync());
        }

        open.ForEach(exchange => exchange.Respond(200));
        foreach (var response in await Task.WhenAll(burst).WithinHangLimit())
        {
            response.Dispose();
        }

        // Twice the fair share: were that instance the one that fails, the retry budget could not make good for more.
        Assert.All(transport.AttemptsPerEndpoint.Values, attempts => Assert.InRange(attempts, 1, 2 * Calls / Instances.Length));
    }
}
