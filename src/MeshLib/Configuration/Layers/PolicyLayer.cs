namespace MeshLib;

/// <summary>A partial policy, where it holds and where it came from.</summary>
/// <param name="Level">How near to a call it is.</param>
/// <param name="Name">The service or the client it is for; empty where it holds for all.</param>
/// <param name="Policy">What it sets; not altered any more.</param>
/// <param name="Source">Where it came from: a configuration path, or words such as <c>code: Defaults</c>.</param>
internal sealed record PolicyLayer(PolicyLevel Level, string Name, MeshPolicy Policy, string Source)
{
    /// <summary>Whether <see cref="Source"/> is a configuration section, so that each value has a path of its own.</summary>
    public bool IsSection { get; init; }

    public string OriginOf(PolicyOption option) => IsSection ? $"{Source}:{option.Path}" : Source;

    /// <summary>Whether it holds for calls of <paramref name="client"/> to <paramref name="service"/>.</summary>
    public bool HoldsFor(string service, string client) => Level switch
    {
        PolicyLevel.Service => Name.Equals(service, StringComparison.OrdinalIgnoreCase),
        PolicyLevel.Client => Name.Equals(client, StringComparison.OrdinalIgnoreCase),
        _ => true,
    };

    /// <summary>Whether <paramref name="other"/> says the same in the same place.</summary>
    public bool Same(PolicyLayer other) =>
        Level == other.Level && Name == other.Name && Source == other.Source
        && PolicyTable.Options.All(option => (option.Print(Policy), option.Print(other.Policy)) switch
        {
            (null, null) => true,
            ({ } one, { } two) => one.SequenceEqual(two),
            _ => false,
        });
}
