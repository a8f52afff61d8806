namespace MeshLib;

/// <summary>Merges layers into the policy in force.</summary>
internal static class PolicyLayers
{
    public const string BuiltIn = "built-in";

    /// <summary>The layers that hold for a call, the strongest last.</summary>
    /// <param name="layers">All layers, each source's after those of the sources that it wins over.</param>
    /// <param name="service">The service called, or empty for one that nobody declared.</param>
    /// <param name="client">The client that calls, or empty for what is shared by all.</param>
    // The sort is stable: specificity first, and within it the order of the sources.
    public static IEnumerable<PolicyLayer> For(IEnumerable<PolicyLayer> layers, string service, string client) =>
        layers.Where(layer => layer.HoldsFor(service, client)).OrderBy(static layer => layer.Level);

    /// <summary>Everything that <paramref name="layers"/> set, the last one to set an option winning, over the built-in defaults.</summary>
    /// <param name="layers">The layers, the strongest last.</param>
    /// <param name="problems">Takes the values that contradict one another; they are bent into order where it is absent as well.</param>
    public static EffectivePolicy Merge(IEnumerable<PolicyLayer> layers, ICollection<string>? problems = null)
    {
        var policy = new EffectivePolicy();
        var origins = PolicyTable.Options.ToDictionary(static option => option.Path, static _ => BuiltIn, StringComparer.OrdinalIgnoreCase);
        foreach (var layer in layers)
        {
            // A value out of range is reported by itself; it must not be found to contradict others as well.
            foreach (var option in PolicyTable.Options.Where(option => option.IsSet(layer.Policy) && option.Allows(layer.Policy)))
            {
                policy = option.Apply(layer.Policy, policy);
                origins[option.Path] = layer.OriginOf(option);
            }
        }

        return DurationOrder.Settle(policy with { Origins = origins }, origins, problems);
    }
}
