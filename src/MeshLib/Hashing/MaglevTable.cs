using System.IO.Hashing;
using System.Text;

namespace MeshLib;

/// <summary>
/// The lookup table of Maglev (Eisenbud et al., NSDI 2016), weighted as Envoy does it: hosts take turns to claim the next free slot of an order of their own, the heaviest at every turn. Shares
/// are as even as the slots allow, which no ring's are; a change of the set moves a few more keys than it must.
/// </summary>
internal sealed class MaglevTable : HashTable
{
    /// <summary>A prime, so that every order visits every slot; a hundred times the hosts make shares differ by 1 % at most.</summary>
    public const int Size = 65_537;

    private MaglevTable(int[] owners)
        : base(owners)
    {
    }

    /// <summary>The table of <paramref name="hosts"/>, whatever their order.</summary>
    /// <param name="hosts">At least one, each key once.</param>
    /// <param name="size">The number of slots, a prime.</param>
    public static MaglevTable Of(IReadOnlyList<HashedHost> hosts, int size = Size)
    {
        var order = Enumerable.Range(0, hosts.Count).ToArray();
        Array.Sort(order, (left, right) => string.CompareOrdinal(hosts[left].Key, hosts[right].Key));
        var claims = new Claims[hosts.Count];
        var turns = new PriorityQueue<int, long>(hosts.Count);
        for (var rank = 0; rank < claims.Length; rank++)
        {
            claims[rank] = new(hosts[order[rank]].Key, size);
            turns.Enqueue(rank, PlaceInLine(1, rank));
        }

        var heaviest = hosts.Max(static host => host.Weight);
        var owners = new int[size];
        Array.Fill(owners, -1);
        for (var taken = 0; taken < size; taken++)
        {
            // One at a time, by turn and then by key. The lighter ones sit turns out, so that going through all hosts at each turn would cost the slots times the hosts.
            turns.TryPeek(out var rank, out var place);
            ref var claim = ref claims[rank];
            while (owners[claim.Slot] >= 0)
            {
                claim.Pass(size);
            }

            owners[claim.Slot] = order[rank];
            claim.Taken++;
            var weight = hosts[order[rank]].Weight;
            var due = (((long)claim.Taken * heaviest) + weight - 1) / weight;
            turns.DequeueEnqueue(rank, PlaceInLine(Math.Max((place >> 32) + 1, due), rank));
        }

        return new(owners);
    }

    /// <inheritdoc/>
    public override int PlaceOf(ulong hash) => (int)(hash % (ulong)Owners.Length);

    /// <summary>Another slot of the key's own, so that shares stay even: the slots of a host lie in steps of one length, and so do those behind them, which a few hosts would have most of.</summary>
    public override int After(int place, ref ulong hash)
    {
        hash = RequestHash.Another(hash);
        return PlaceOf(hash);
    }

    private static long PlaceInLine(long turn, int rank) => (turn << 32) | (uint)rank;

    /// <summary>A host's order of the slots, and how far it has come.</summary>
    private struct Claims
    {
        private readonly int _skip;

        public Claims(string key, int size)
        {
            var bytes = Encoding.UTF8.GetBytes(key);
            Slot = (int)(XxHash64.HashToUInt64(bytes) % (ulong)size);
            _skip = (int)(XxHash64.HashToUInt64(bytes, seed: 1) % (ulong)(size - 1)) + 1;
        }

        public int Slot { get; private set; }

        public int Taken { get; set; }

        public void Pass(int size) => Slot = (Slot + _skip) % size;
    }
}
