namespace MeshLib.Benchmarks;

/// <summary>The endpoints and calls that picking is measured with.</summary>
internal static class PickBenchmarkSubjects
{
#pragma warning disable RS0030 // A benchmark is a composition root, and production's source of chance is part of what is measured.
    public static readonly Random Chance = Random.Shared;
#pragma warning restore RS0030

    public static MeshEndpoint[] Endpoints(int count, MonotonicClock clock) => [.. Enumerable.Range(0, count).Select(i =>
        new MeshEndpoint(new DiscoveredEndpoint(new Uri($"http://10.{i >> 16}.{(i >> 8) & 255}.{i & 255}:8080"), EndpointMetadata.None, null), clock, new CircuitBreakerSettings(), Chance))];

    public static MeshCall Call(long now) => new(new HttpRequestMessage(HttpMethod.Get, "http://orders/"), now);
}
