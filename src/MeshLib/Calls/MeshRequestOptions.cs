namespace MeshLib;

/// <summary>What a single request may override, as keys of <see cref="HttpRequestMessage.Options"/>; the extension methods of <see cref="MeshRequestExtensions"/> set them.</summary>
public static class MeshRequestOptions
{
    /// <summary>A deadline of this call; the earliest of it, the policy's timeout and an inherited deadline holds.</summary>
    public static HttpRequestOptionsKey<Deadline> Deadline { get; } = new("MeshLib.Deadline");

    /// <summary>A time limit of this call, from the moment it is sent; the earliest of it, the policy's timeout and an inherited deadline holds.</summary>
    public static HttpRequestOptionsKey<TimeSpan> Timeout { get; } = new("MeshLib.Timeout");

    /// <summary><see langword="true"/>: may be repeated whatever its method; <see langword="false"/>: is never repeated.</summary>
    public static HttpRequestOptionsKey<bool> AllowRetry { get; } = new("MeshLib.AllowRetry");

    /// <summary><see langword="true"/>: the request passes the mesh untouched.</summary>
    public static HttpRequestOptionsKey<bool> Bypass { get; } = new("MeshLib.Bypass");

    /// <summary>The address of the one endpoint that the request is meant for.</summary>
    public static HttpRequestOptionsKey<Uri> PinnedEndpoint { get; } = new("MeshLib.PinnedEndpoint");

    /// <summary>What the request is to be kept together by, where the service's balancer is <c>RingHash</c> or <c>Maglev</c>.</summary>
    public static HttpRequestOptionsKey<string> HashKey { get; } = new("MeshLib.HashKey");

    internal static HttpRequestOptionsKey<MeshCall> Call { get; } = new("MeshLib.Call");

    /// <summary>On its way through displaced resilience handlers, which may send copies of it, a request bears where it is to enter the mesh.</summary>
    internal static HttpRequestOptionsKey<MeshEntry> Entry { get; } = new("MeshLib.Entry");
}
