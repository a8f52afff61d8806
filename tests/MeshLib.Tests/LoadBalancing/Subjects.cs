using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.LoadBalancing;

/// <summary>Endpoints and calls on a virtual clock whose timestamp 0 is second 0.</summary>
internal sealed class Subjects
{
    private const long TicksPerSecond = TimeSpan.TicksPerSecond;

    public MonotonicClock Clock { get; } = new(new FakeTimeProvider());

    public static long At(double seconds) => (long)(seconds * TicksPerSecond);

    public MeshEndpoint Endpoint(int number = 1, int weight = 1) => new(
        new DiscoveredEndpoint(new Uri($"http://10.0.{number >> 8}.{number & 255}:8080"), new EndpointMetadata { Weight = weight }, null),
        Clock, new CircuitBreakerSettings(), new Random(1));

    public MeshEndpoint[] Endpoints(int count) => [.. Enumerable.Range(1, count).Select(i => Endpoint(i))];

    public static MeshCall Call(double seconds = 0, params MeshEndpoint[] tried)
    {
        var call = new MeshCall(new HttpRequestMessage(HttpMethod.Get, "http://orders/"), At(seconds));
        foreach (var endpoint in tried)
        {
            call.Record(endpoint, OutcomeReason.ConnectFailed);
        }

        return call;
    }

    /// <summary>A call that is kept together with others of its key.</summary>
    public static MeshCall Keyed(string key, params MeshEndpoint[] tried)
    {
        var call = Call(0, tried);
        call.Request.SetMeshHashKey(key);
        return call;
    }

    /// <summary>What balancers are made from that need nothing of the host's.</summary>
    public sealed class NoServices : IServiceProvider
    {
        public object? GetService(Type serviceType) => null;
    }
}
