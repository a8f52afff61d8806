using System.Buffers;
using System.IO.Hashing;
using System.Text;

namespace MeshLib;

/// <summary>
/// The hash by which a request keeps to an endpoint: of what <see cref="MeshRequestExtensions.SetMeshHashKey"/> was given, or else of the first of the configured sources that the request
/// has. XXH64, so that processes of any language that hash alike decide alike.
/// </summary>
internal sealed class RequestHash(IReadOnlyList<string> sources)
{
    private readonly HashKeySource[] _sources = [.. sources.Select(static source => new HashKeySource(source))];

    /// <summary>The hash of <paramref name="request"/>'s key; <see langword="null"/> when it has none.</summary>
    public ulong? Of(HttpRequestMessage request)
    {
        if (request.Options.TryGetValue(MeshRequestOptions.HashKey, out var own) && own.Length > 0)
        {
            return Of(own);
        }

        foreach (var source in _sources)
        {
            if (source.Of(request) is { IsEmpty: false } key)
            {
                return Of(key);
            }
        }

        return null;
    }

    /// <summary>XXH64 with seed 0 of the key's UTF-8 bytes.</summary>
    public static ulong Of(ReadOnlySpan<char> key)
    {
        const int Short = 256;
        var most = Encoding.UTF8.GetMaxByteCount(key.Length);
        if (most <= Short)
        {
            Span<byte> bytes = stackalloc byte[Short];
            return XxHash64.HashToUInt64(bytes[..Encoding.UTF8.GetBytes(key, bytes)]);
        }

        var rented = ArrayPool<byte>.Shared.Rent(most);
        var hash = XxHash64.HashToUInt64(rented.AsSpan(0, Encoding.UTF8.GetBytes(key, rented)));
        ArrayPool<byte>.Shared.Return(rented);
        return hash;
    }

    /// <summary>Another hash of the same key: where it goes when its first place has no room.</summary>
    public static ulong Another(ulong hash)
    {
        // The finaliser of MurmurHash3 (fmix64), after a step so that 0 is no fixed point.
        hash += 0x9E3779B97F4A7C15;
        hash = (hash ^ (hash >> 33)) * 0xFF51AFD7ED558CCD;
        hash = (hash ^ (hash >> 33)) * 0xC4CEB9FE1A85EC53;
        return hash ^ (hash >> 33);
    }
}
