namespace MeshLib;

/// <summary>
/// What an outcome, or the start of a probe, did to a breaker: closed to open, open to probing (half-open elsewhere), probing to closed or back to open. The default is none; a
/// probe that takes the place of one which has outlived its limit is none either.
/// </summary>
internal readonly record struct BreakerTransition(BreakerState From, BreakerState To)
{
    public bool Happened => From != To;
}
