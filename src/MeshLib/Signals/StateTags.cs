namespace MeshLib;

/// <summary>States as metric tag values.</summary>
internal static class StateTags
{
    public static string Tag(this BreakerState state) => state switch
    {
        BreakerState.Open => "open",
        BreakerState.Probing => "probing",
        _ => "closed",
    };

    public static string Tag(this EndpointState state) => state switch
    {
        EndpointState.Open => "open",
        EndpointState.Probing => "probing",
        EndpointState.Unhealthy => "unhealthy",
        EndpointState.Ejected => "ejected",
        EndpointState.Draining => "draining",
        EndpointState.Withdrawn => "withdrawn",
        _ => "available",
    };

    public static string Tag(this EjectionReason reason) => reason switch
    {
        EjectionReason.SuccessRate => "success_rate",
        EjectionReason.FailureRatio => "failure_ratio",
        EjectionReason.HealthCheck => "health_check",
        EjectionReason.Announced => "announced",
        _ => "manual",
    };
}
