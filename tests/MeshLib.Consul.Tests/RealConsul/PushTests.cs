using MeshLib.TestKit;

namespace MeshLib.Consul.Tests;

/// <summary>How soon callers use what has changed in a real Consul. Alone, because it measures.</summary>
[Collection(MeasuringDefinition.Name)]
public class PushTests
{
    private const int Services = 10;
    private const int ChangesEach = 5;

    // Callers take over a single change at once and gather those that follow within 50 ms; these are single ones.
    private static readonly TimeSpan Apart = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan Promise = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task RegistrationAndDeregistration_AreUsedByCallersWithin50Milliseconds_InTheMedian()
    {
        await using var consul = await ConsulAgent.StartAsync();
        var delays = new List<TimeSpan>();
        for (var number = 0; number < Services; number++)
        {
            // A watch follows ten changes as they come and paces what exceeds them, so each service sees fewer.
            var service = $"push-{number}";
            await RegisterAsync("first", 8000);
            await using var caller = new MeshCaller(consul.Address, service);
            await caller.WarmUpAsync();
            await Eventually.BecomesTrueAsync(() => caller.Ports.Count == 1);
            for (var change = 0; change < ChangesEach; change++)
            {
                await Scene.LastsAsync(Apart);
                var expected = change % 2 == 0 ? 2 : 1;
                var began = TimeProvider.System.GetTimestamp();
                var asked = expected == 2 ? RegisterAsync("second", 8001) : consul.PutAsync($"v1/agent/service/deregister/{service}-second");
                await Eventually.BecomesTrueAsync(() => caller.Ports.Count == expected);
                delays.Add(TimeProvider.System.GetElapsedTime(began));
                await asked;
            }

            Task RegisterAsync(string id, int port) => consul.PutAsync("v1/agent/service/register", new { Name = service, ID = $"{service}-{id}", Address = "127.0.0.1", Port = port });
        }

        delays.Sort();
        Assert.Equal(Services * ChangesEach, delays.Count);
        Scene.Tell($"Push: median {delays[delays.Count / 2].TotalMilliseconds:0.0} ms, worst {delays[^1].TotalMilliseconds:0.0} ms of {delays.Count}.");
        Assert.True(delays[delays.Count / 2] <= Promise, $"Median {delays[delays.Count / 2].TotalMilliseconds:0.0} ms, worst {delays[^1].TotalMilliseconds:0.0} ms.");
    }
}
