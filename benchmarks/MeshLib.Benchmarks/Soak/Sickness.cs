namespace MeshLib.Benchmarks;

/// <summary>What is wrong with an instance.</summary>
internal enum Sickness
{
    None,
    Unavailable,
    Slow,
    Hanging,
    Resetting,
    CutsBodies,
}
