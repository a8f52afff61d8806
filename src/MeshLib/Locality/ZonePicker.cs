namespace MeshLib;

/// <summary>
/// A picker per zone, and how likely each is. An attempt draws its zone, and goes on to the others where that has nobody, or nobody that the call has not tried. From the third on it leaves the own zone,
/// because what has failed twice there may be the zone.
/// </summary>
internal sealed class ZonePicker : EndpointPicker
{
    /// <summary>Attempts in the own zone before another is preferred.</summary>
    private const int LocalAttempts = 2;

    private readonly EndpointPicker[] _pickers;
    private readonly Random _random;
    private readonly int[] _upTo;
    private readonly int[]? _upToElsewhere;
    private readonly int _only;

    /// <param name="pickers">A picker over at least one endpoint for each zone.</param>
    /// <param name="shares">The share of each zone in basis points, <see cref="ZoneSpill.Whole"/> together.</param>
    /// <param name="elsewhere">The same for an attempt that is to leave the own zone; all zero when there is nowhere else to go.</param>
    /// <param name="random">The source of the draw; safe on many threads, or used by one.</param>
    public ZonePicker(EndpointPicker[] pickers, ReadOnlySpan<int> shares, ReadOnlySpan<int> elsewhere, Random random)
    {
        _pickers = pickers;
        _random = random;
        _upTo = Sums(shares);
        _upToElsewhere = elsewhere.IndexOfAnyExcept(0) < 0 ? null : Sums(elsewhere);
        _only = shares.IndexOf(ZoneSpill.Whole);
    }

    /// <inheritdoc/>
    public override MeshEndpoint? Pick(MeshCall call)
    {
        var zone = ZoneOf(call);
        var picked = _pickers[zone].Pick(call);

        // A picker of the user's may find nobody who suits the call.
        for (var i = 1; i < _pickers.Length && (picked is null || call.HasTried(picked)); i++)
        {
            if (_pickers[(zone + i) % _pickers.Length].Pick(call) is { } other && (picked is null || !call.HasTried(other)))
            {
                picked = other;
            }
        }

        return picked;
    }

    private int ZoneOf(MeshCall call) =>
        call.AttemptsMade >= LocalAttempts && _upToElsewhere is { } elsewhere ? Draw(elsewhere) : _only >= 0 ? _only : Draw(_upTo);

    private int Draw(int[] upTo)
    {
        var draw = _random.Next(ZoneSpill.Whole);
        var zone = 0;
        while (draw >= upTo[zone])
        {
            zone++;
        }

        return zone;
    }

    private static int[] Sums(ReadOnlySpan<int> shares)
    {
        var sums = shares.ToArray();
        for (var i = 1; i < sums.Length; i++)
        {
            sums[i] += sums[i - 1];
        }

        return sums;
    }
}
