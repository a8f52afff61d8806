namespace MeshLib;

/// <summary>One client by name, for as long as the host lives: what its handlers, which come and go, share.</summary>
/// <param name="name">The client's name in the factory; empty for handlers made outside of it.</param>
/// <param name="services">Where endpoint sets are found.</param>
internal sealed class MeshClient(string name, MeshServices services)
{
    private volatile EndpointSet? _latest;
    private volatile CallPolicy? _policy;
    private long _ownTimeout = System.Threading.Timeout.InfiniteTimeSpan.Ticks;

    public string Name => name;

    /// <summary>
    /// The <see cref="HttpClient.Timeout"/> that the mesh has lifted from the client: requests that no policy of the mesh limits keep it.
    /// </summary>
    public TimeSpan OwnTimeout
    {
        get => TimeSpan.FromTicks(Volatile.Read(ref _ownTimeout));
        set => Volatile.Write(ref _ownTimeout, value.Ticks);
    }

    /// <summary>What holds for this client's calls to <paramref name="service"/>, nearly always what held for the call before.</summary>
    public CallPolicy PolicyFor(MeshService service)
    {
        if (_policy is { IsCurrent: true } latest && ReferenceEquals(latest.Service, service))
        {
            return latest;
        }

        var policy = service.PolicyOf(name);
        _policy = policy;
        return policy;
    }

    /// <summary>The endpoint set of a request, nearly always the one of the client's request before.</summary>
    public EndpointSet? Find(Uri uri)
    {
        var key = EndpointSetKey.Of(uri);
        if (_latest is { IsRetired: false } latest && latest.Key == key)
        {
            return latest;
        }

        var set = services.Find(key);
        if (set is not null)
        {
            _latest = set;
        }

        return set;
    }
}
