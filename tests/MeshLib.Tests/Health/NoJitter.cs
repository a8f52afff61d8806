namespace MeshLib.Tests.Health;

/// <summary>Chance that always draws its least.</summary>
internal sealed class NoJitter() : Random(0)
{
    public override double NextDouble() => 0;
}
