namespace MeshLib.Consul;

/// <summary>That a list may be out of date.</summary>
/// <param name="Since">From when on.</param>
/// <param name="Problem">Why, without secrets.</param>
/// <param name="Cause">The failure, where there was one.</param>
internal sealed record Staleness(long Since, string Problem, ConsulException? Cause)
{
    public static Staleness NoAnswerYet(long since) => new(since, "Consul has not answered yet.", null);

    /// <summary>The same staleness, now for another reason; what has been doubtful for long stays so.</summary>
    public static Staleness Continue(Staleness? before, long since, string problem, ConsulException? cause) =>
        new(Math.Min(before?.Since ?? since, since), problem, cause);
}
