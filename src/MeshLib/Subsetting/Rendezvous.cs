using System.IO.Hashing;
using System.Text;

namespace MeshLib;

/// <summary>
/// A subset by the rank that a process gives to every endpoint: the hash of its address with the process's own seed (gRPC proposal A68). Whoever joins or leaves changes at most one entry. The load of
/// the endpoints is only as even as chance makes it, but nobody has to know of the other processes.
/// </summary>
internal static class Rendezvous
{
    /// <summary>The indices of the <paramref name="size"/> addresses that rank first, in the order of their rank; all of them when there are no more.</summary>
    public static int[] Lowest(IReadOnlyList<string> addresses, int size, long seed)
    {
        var ranks = new ulong[addresses.Count];
        var indices = new int[addresses.Count];
        for (var i = 0; i < ranks.Length; i++)
        {
            ranks[i] = Rank(addresses[i], seed);
            indices[i] = i;
        }

        Array.Sort(ranks, indices);
        return indices[..Math.Min(size, indices.Length)];
    }

    private static ulong Rank(string address, long seed)
    {
        Span<byte> bytes = stackalloc byte[512];
        return Encoding.UTF8.TryGetBytes(address, bytes, out var length)
            ? XxHash64.HashToUInt64(bytes[..length], seed)
            : XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(address), seed);
    }
}
