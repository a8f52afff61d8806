namespace MeshLib;

/// <summary>The header names that the mesh reads and writes.</summary>
internal static class MeshHeaders
{
    public const string Timeout = "mesh-timeout";
    public const string Attempt = "mesh-attempt";
    public const string Retry = "mesh-retry";
    public const string GrpcTimeout = "grpc-timeout";
    public const string LoadReport = "endpoint-load-metrics";
    public const string BinaryLoadReport = "endpoint-load-metrics-bin";
    public const string IdempotencyKey = "Idempotency-Key";
}
