using System.Globalization;
using System.IO.Hashing;
using System.Numerics;
using System.Text;

namespace MeshLib;

/// <summary>
/// The hash ring of Karger et al. (STOC 1997), with the entries of Envoy and gRPC (proposal A42): XXH64 of <c>key_0</c>, <c>key_1</c>, …; a hash belongs to the first entry at or after it.
/// <para>
/// How many entries a host has depends on its weight, and not on how many others there are: where a size of the whole ring is shared out, as Envoy does it, a host that goes leaves the others an
/// entry or two more, which moves keys between survivors (2.4 % of all at 20 hosts). Here only the keys of the host that went move.
/// </para>
/// </summary>
internal sealed class HashRing : HashTable
{
    /// <summary>Of one unit of weight, where weights are small. The shares of equal hosts differ by ±9 % (1 ÷ √128).</summary>
    public const int EntriesPerWeight = 128;

    /// <summary>Of the heaviest host: a unit of weight has half as many entries, and half again, until it has no more. So weights of 100 cost no more than weights of 8.</summary>
    private const int MostOfAHost = 1024;

    /// <summary>Of the lightest host: it keeps that many however heavy others are, or its share would be chance.</summary>
    private const int FewestOfAHost = 8;

    /// <summary>12 MiB, which not even a thousand of the heaviest hosts need. From there on, and at each doubling, a unit of weight has half as many entries, and keys move then.</summary>
    private const int MostEntries = 1 << 20;

    private readonly ulong[] _hashes;
    private readonly Dictionary<string, (int Index, int Entries)> _hosts;

    // The first entry of each equal part of the circle: a lookup searches one part, which has four entries or so.
    private readonly int[] _parts;
    private readonly int _shift;

    private HashRing(ulong[] hashes, int[] owners, Dictionary<string, (int Index, int Entries)> hosts)
        : base(owners)
    {
        _hashes = hashes;
        _hosts = hosts;
        var bits = Math.Max(BitOperations.Log2((uint)hashes.Length), 3) - 2;
        _shift = 64 - bits;
        _parts = new int[(1 << bits) + 1];
        var part = 0;
        for (var i = 0; i < hashes.Length; i++)
        {
            for (var reached = (int)(hashes[i] >> _shift); part <= reached; part++)
            {
                _parts[part] = i;
            }
        }

        _parts.AsSpan(part).Fill(hashes.Length);
    }

    /// <summary>The hashes of the entries, ascending.</summary>
    public ReadOnlySpan<ulong> Hashes => _hashes;

    /// <summary>The ring of <paramref name="hosts"/>. The same whatever <paramref name="previous"/> is: entries that it has are only merged, where those of newcomers have to be hashed and sorted.</summary>
    /// <param name="hosts">At least one, each key once.</param>
    /// <param name="previous">The ring before the change, if there is one.</param>
    /// <param name="entriesPerWeight">Entries of a host of weight 1.</param>
    public static HashRing Of(IReadOnlyList<HashedHost> hosts, HashRing? previous = null, int entriesPerWeight = EntriesPerWeight)
    {
        var perWeight = EntriesThatFit(hosts, entriesPerWeight);
        var members = new Dictionary<string, (int Index, int Entries)>(hosts.Count, StringComparer.Ordinal);
        var stays = new int[previous?._hosts.Count ?? 0];
        Array.Fill(stays, -1);
        var (newcomers, kept, added) = (new List<int>(), 0, 0);
        for (var i = 0; i < hosts.Count; i++)
        {
            var entries = Math.Max((int)Math.Ceiling(hosts[i].Weight * perWeight), 1);
            members.Add(hosts[i].Key, (i, entries));
            if (previous is not null && previous._hosts.TryGetValue(hosts[i].Key, out var before) && before.Entries == entries)
            {
                stays[before.Index] = i;
                kept += entries;
            }
            else
            {
                newcomers.Add(i);
                added += entries;
            }
        }

        var (hashes, owners) = (new ulong[added], new int[added]);
        var at = 0;
        foreach (var newcomer in newcomers)
        {
            AddEntries(hosts[newcomer].Key, members[hosts[newcomer].Key].Entries, newcomer, hashes, owners, ref at);
        }

        Array.Sort(hashes, owners);
        return previous is null ? new(hashes, owners, members) : Merge(previous, stays, kept, hashes, owners, members);
    }

    /// <inheritdoc/>
    public override int PlaceOf(ulong hash)
    {
        var part = (int)(hash >> _shift);
        var (low, high) = (_parts[part], _parts[part + 1]);
        while (low < high)
        {
            var middle = (int)((uint)(low + high) >> 1);
            if (_hashes[middle] < hash)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low == _hashes.Length ? 0 : low;
    }

    /// <summary>The next entry, as if the host of this one had none: when it goes for good, its keys are already where they belong.</summary>
    public override int After(int place, ref ulong hash) => place + 1 == _hashes.Length ? 0 : place + 1;

    // The heaviest and the lightest weight decide, and in halves: an ordinary host that comes or goes changes neither, and then no other host's entries. The greatest common divisor of all weights
    // would change with the first host that is given another weight, such as a canary.
    private static double EntriesThatFit(IReadOnlyList<HashedHost> hosts, double perWeight)
    {
        var (lightest, heaviest) = (hosts.Min(static host => host.Weight), hosts.Max(static host => host.Weight));
        var total = hosts.Sum(static host => (long)host.Weight);
        while ((heaviest * perWeight > MostOfAHost && lightest * perWeight >= 2 * FewestOfAHost) || total * perWeight > MostEntries)
        {
            perWeight /= 2;
        }

        return perWeight;
    }

    private static void AddEntries(string key, int entries, int owner, ulong[] hashes, int[] owners, ref int at)
    {
        var text = new byte[Encoding.UTF8.GetMaxByteCount(key.Length) + 12];
        var length = Encoding.UTF8.GetBytes(key, text);
        text[length++] = (byte)'_';
        for (var i = 0; i < entries; i++)
        {
            i.TryFormat(text.AsSpan(length), out var digits, provider: CultureInfo.InvariantCulture);
            hashes[at] = XxHash64.HashToUInt64(text.AsSpan(0, length + digits));
            owners[at++] = owner;
        }
    }

    private static HashRing Merge(HashRing previous, int[] stays, int kept, ulong[] newHashes, int[] newOwners, Dictionary<string, (int Index, int Entries)> members)
    {
        var (hashes, owners) = (new ulong[kept + newHashes.Length], new int[kept + newHashes.Length]);
        var (at, next) = (0, 0);
        for (var i = 0; i < previous._hashes.Length; i++)
        {
            var owner = stays[previous.Owners[i]];
            if (owner < 0)
            {
                continue;
            }

            var hash = previous._hashes[i];
            while (next < newHashes.Length && newHashes[next] < hash)
            {
                (hashes[at], owners[at++]) = (newHashes[next], newOwners[next++]);
            }

            (hashes[at], owners[at++]) = (hash, owner);
        }

        newHashes.AsSpan(next).CopyTo(hashes.AsSpan(at));
        newOwners.AsSpan(next).CopyTo(owners.AsSpan(at));
        return new(hashes, owners, members);
    }
}
