namespace MeshLib;

/// <summary>The tag names of every MeshLib signal. Values are bounded: service names, reasons and states, never a path or a host from a request.</summary>
internal static class MeshTags
{
    public const string Service = "service";
    public const string Outcome = "outcome";
    public const string Reason = "reason";
    public const string State = "state";
    public const string From = "from";
    public const string Where = "where";

    // Of spans and their events only.
    public const string PeerService = "service.peer.name";
    public const string Method = "http.request.method";
    public const string Attempts = "mesh.attempts";
    public const string ErrorType = "error.type";
    public const string Endpoint = "mesh.endpoint";
    public const string Attempt = "mesh.attempt";
    public const string Verdict = "mesh.verdict";
}
