namespace MeshLib;

/// <summary>
/// Consistent hashing with bounded loads (Mirrokni, Thorup and Zadimoghaddam, SODA 2018): no endpoint has more attempts in flight than a factor times its share of all; keys whose
/// endpoint is full go elsewhere until it is not. The sizes are Envoy's (hash_balance_factor); an endpoint has room while it has fewer than its size, so that the bound holds. Shares are those of
/// the table, so that an endpoint which warms up has the room that its keys need.
/// </summary>
internal sealed class BoundedLoad
{
    /// <summary>Against what multiplying fractions adds to a whole number.</summary>
    private const double Rounding = 1e-9;

    private readonly EndpointLoad?[] _loads;
    private readonly HashedHost[] _hosts;
    private readonly double _factor;
    private readonly double _totalWeight;
    private readonly uint _readEvery;
    private int _inFlight;
    private uint _reads;

    /// <param name="endpoints">The endpoints, at least one; <see langword="null"/> for one that may not receive traffic, whose share the others have.</param>
    /// <param name="hosts">The same as the table knows them, in the same order.</param>
    /// <param name="factor">How many times its share an endpoint may have, 1 or more.</param>
    public BoundedLoad(MeshEndpoint?[] endpoints, HashedHost[] hosts, double factor)
    {
        _loads = Array.ConvertAll(endpoints, static endpoint => endpoint?.Load);
        _hosts = hosts;
        _factor = factor;
        var live = 0;
        for (var i = 0; i < hosts.Length; i++)
        {
            if (endpoints[i] is not null)
            {
                live++;
                _totalWeight += hosts[i].Weight;
            }
        }

        // Nobody counts the attempts of a set, and counting at each pick would take its size: eight endpoints are read a pick, at any size, and up to eight the sum is exact.
        _readEvery = (uint)Math.Max((live + 7) / 8, 1);
        _inFlight = Sum();
    }

    /// <summary>How full an endpoint is that may receive traffic: below 1 it has room.</summary>
    public double Fullness(int index)
    {
        var inFlight = _loads[index]!.InFlight;
        return inFlight == 0 ? 0 : (double)inFlight / Slots(InFlight(), _factor, _hosts[index].Weight / _totalWeight);
    }

    /// <summary>The attempts that an endpoint of share <paramref name="share"/> may have in flight while the set has <paramref name="inFlight"/>; at least one.</summary>
    public static int Slots(int inFlight, double factor, double share) => Math.Max((int)Math.Ceiling((TotalSlots(inFlight, factor) * share) - Rounding), 1);

    /// <summary>The attempts that all endpoints together may have, one more than there are included.</summary>
    public static int TotalSlots(int inFlight, double factor) => (int)Math.Ceiling(((inFlight + 1) * factor) - Rounding);

    private int InFlight()
    {
        if (_readEvery == 1 || Interlocked.Increment(ref _reads) % _readEvery == 0)
        {
            Volatile.Write(ref _inFlight, Sum());
        }

        return Volatile.Read(ref _inFlight);
    }

    private int Sum()
    {
        var sum = 0;
        foreach (var load in _loads)
        {
            sum += load?.InFlight ?? 0;
        }

        return sum;
    }
}
