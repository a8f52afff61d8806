namespace MeshLib;

/// <summary>What code and configuration said at one moment.</summary>
/// <param name="ServiceName">What this host calls itself, if anything says so.</param>
/// <param name="Zone">Where it runs, if anything says so.</param>
/// <param name="KeepResilienceHandlers">Whether the resilience handlers of others stay in the chains of mesh clients.</param>
/// <param name="Layers">All layers, each source's after those of the sources that it wins over.</param>
/// <param name="Problems">Every mistake in what was said, and every source that could not be heard; at the start there must be none. <paramref name="Layers"/> are free of them later on.</param>
/// <param name="Doubts">What is most likely not meant as it stands, and is taken over all the same.</param>
internal sealed record PolicyReading(
    string? ServiceName, string? Zone, bool KeepResilienceHandlers, IReadOnlyList<PolicyLayer> Layers, IReadOnlyList<string> Problems, IReadOnlyList<string> Doubts)
{
    /// <summary>Whether <paramref name="other"/> says the same.</summary>
    public bool Same(PolicyReading other) =>
        ServiceName == other.ServiceName && Zone == other.Zone && KeepResilienceHandlers == other.KeepResilienceHandlers
        && Layers.Count == other.Layers.Count && Layers.Zip(other.Layers).All(static pair => pair.First.Same(pair.Second));
}
