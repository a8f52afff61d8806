namespace MeshLib.Consul;

/// <summary>
/// The index that the next query blocks on, by Consul's rules for it. Only a good answer moves it, and after anything else it starts anew: an index
/// from another life of the servers makes a client blind until its wait is over. Belongs to one loop.
/// </summary>
internal sealed class IndexCursor
{
    private ulong _last;

    /// <summary>0 to be answered at once.</summary>
    public ulong Next { get; private set; }

    public bool IsBlocking => Next > 0;

    /// <summary>Whether the last answer had an index that can be blocked on: 1 is what a server without an own one gives, and it never blocks.</summary>
    public bool IsUsable { get; private set; } = true;

    public void Reset() => Next = 0;

    /// <param name="index">The index of a good answer; 0 when it had none.</param>
    /// <returns>Whether the index went back: the servers have been restored, wiped or replaced.</returns>
    public bool Move(ulong index)
    {
        var wentBack = index > 0 && index < _last;
        Next = index == 0 ? 1 : index < Next ? 0 : index;
        IsUsable = index > 1;
        _last = index;
        return wentBack;
    }
}
