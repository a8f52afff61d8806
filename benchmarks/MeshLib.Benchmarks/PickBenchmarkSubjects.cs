namespace MeshLib.Benchmarks;

/// <summary>The endpoints and calls that picking is measured with.</summary>
internal static class PickBenchmarkSubjects
{
#pragma warning disable RS0030 // A benchmark is a composition root, and production's source of chance is part of what is measured.
    public static readonly Random Chance = Random.Shared;
#pragma warning restore RS0030

    /// <param name="count">How many.</param>
    /// <param name="clock">Their clock.</param>
    /// <param name="weighted">Whether their weights are 1 to 10 rather than all alike.</param>
    public static MeshEndpoint[] Endpoints(int count, MonotonicClock clock, bool weighted) => [.. Enumerable.Range(0, count).Select(i =>
        new MeshEndpoint(
            new DiscoveredEndpoint(new Uri($"http://10.{i >> 16}.{(i >> 8) & 255}.{i & 255}:8080"), new EndpointMetadata { Weight = weighted ? 1 + (i % 10) : 1 }, null),
            clock,
            new CircuitBreakerSettings(),
            Chance))];

    /// <summary>Calls that begin now, each with a hash key of its own.</summary>
    public static MeshCall[] Calls(int count, long now) => [.. Enumerable.Range(0, count).Select(i =>
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "http://orders/");
        request.SetMeshHashKey($"user-{i}");
        return new MeshCall(request, now);
    })];
}
