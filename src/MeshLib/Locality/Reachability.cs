namespace MeshLib;

/// <summary>
/// Whether anybody is at an endpoint. What its zone can carry depends on it long before its breaker opens: a balancer that avoids the endpoint brings it no further failures, and its neighbours would have all of
/// its load. Feedback notes what attempts find, and control code makes up its mind once a beat, so that no attempt's end costs a new snapshot.
/// </summary>
internal struct Reachability
{
    /// <summary>Whoever answers some attempts while it refuses others is there: an endpoint whose accept queue is full answers on the connections that it has.</summary>
    public static readonly TimeSpan Doubt = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A zone that counts for little gets few calls or none, so that nothing might ever find out that somebody is back: so long after the last failure that is taken for granted until the next. Longer than
    /// the longest penalty (<see cref="EndpointLoad"/>), so that where there are calls the balancer has tried the endpoint before: counted while it is still avoided, it would leave its load to its neighbours.
    /// </summary>
    public static readonly TimeSpan Forgiveness = TimeSpan.FromSeconds(60);

    private long _nobodySince;
    private long _nobodyAt;

    /// <summary>What control code has made of it; read and written under the set's control lock.</summary>
    public bool IsUnreachable { readonly get; private set; }

    /// <summary>Notes what an attempt has found. An endpoint that answers writes nothing here.</summary>
    public void Note(bool nobody, long now)
    {
        if (nobody)
        {
            // First, so that whoever sees that nobody is there sees a time that belongs to it.
            Volatile.Write(ref _nobodyAt, now);
        }

        if (nobody == (Volatile.Read(ref _nobodySince) == 0))
        {
            Volatile.Write(ref _nobodySince, nobody ? Math.Max(1, now) : 0);
        }
    }

    /// <summary>The beat. Returns whether <see cref="IsUnreachable"/> has changed.</summary>
    public bool Advance(MonotonicClock clock, long now)
    {
        var since = Volatile.Read(ref _nobodySince);
        if (since != 0 && clock.Between(Volatile.Read(ref _nobodyAt), now) >= Forgiveness)
        {
            // Unless somebody has answered meanwhile, and was gone again.
            Interlocked.CompareExchange(ref _nobodySince, 0, since);
            since = 0;
        }

        var before = IsUnreachable;
        IsUnreachable = since != 0 && clock.Between(since, now) >= Doubt;
        return IsUnreachable != before;
    }

    /// <summary>The instance has left its set; whoever comes back at its address is another one.</summary>
    public void Forget()
    {
        Volatile.Write(ref _nobodySince, 0);
        IsUnreachable = false;
    }
}
