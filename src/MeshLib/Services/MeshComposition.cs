namespace MeshLib;

/// <summary>What the services of one mesh are made with.</summary>
internal sealed record MeshComposition(
    MeshEnvironment Environment, EndpointSources Sources, WatchSettings Watching, LoadBalancers Balancers, OwnService Own, RetryStrategy Retries, MeshMetrics Metrics, HealthChecker Checks)
{
    /// <summary>The application's own judgement of answers.</summary>
    public IReadOnlyList<FailurePredicateRegistration> Predicates { get; init; } = [];
}
