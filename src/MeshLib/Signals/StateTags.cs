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
        _ => "available",
    };
}
