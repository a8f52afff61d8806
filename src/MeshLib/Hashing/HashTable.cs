namespace MeshLib;

/// <summary>Places, each of which belongs to a host: what the two ways of consistent hashing have in common. Immutable.</summary>
internal abstract class HashTable
{
    private readonly int[] _owners;

    /// <param name="owners">The index of the host that each place belongs to.</param>
    protected HashTable(int[] owners) => _owners = owners;

    /// <summary>The indices of the hosts that the places belong to, in order.</summary>
    public ReadOnlySpan<int> Owners => _owners;

    /// <summary>The place that <paramref name="hash"/> falls on.</summary>
    public abstract int PlaceOf(ulong hash);

    /// <summary>The place after <paramref name="place"/> for a key that cannot stay there; <paramref name="hash"/> is the key's, and becomes what the next step goes on from.</summary>
    public abstract int After(int place, ref ulong hash);
}
