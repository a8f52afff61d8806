namespace MeshLib;

/// <summary>One logical call on its way through the mesh. It belongs to one flow of control.</summary>
public sealed class MeshCall
{
    private MeshEndpoint? _first;
    private List<MeshEndpoint>? _others;

    internal MeshCall(HttpRequestMessage request, long started)
    {
        Request = request;
        AttemptStarted = started;
    }

    /// <summary>The request as the caller made it.</summary>
    public HttpRequestMessage Request { get; }

    /// <summary>The number of the attempt being made, from 1.</summary>
    public int Attempt { get; internal set; } = 1;

    /// <summary>When the attempt being made began, as a timestamp of the mesh's clock; picking reads it instead of asking the clock again.</summary>
    internal long AttemptStarted { get; set; }

    /// <summary>Whether an earlier attempt of this call went to <paramref name="endpoint"/>.</summary>
    public bool HasTried(MeshEndpoint endpoint) => ReferenceEquals(_first, endpoint) || (_others is { } others && others.Contains(endpoint));

    internal void MarkTried(MeshEndpoint endpoint)
    {
        if (_first is null)
        {
            _first = endpoint;
        }
        else if (!HasTried(endpoint))
        {
            (_others ??= []).Add(endpoint);
        }
    }
}
