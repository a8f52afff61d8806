namespace MeshLib.Consul.Tests;

/// <summary>Tests of a promised time run while no other test of this process does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MeasuringDefinition
{
    public const string Name = "Measuring";
}
