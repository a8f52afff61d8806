namespace MeshLib.Consul.Tests;

/// <summary>Tests with a cluster run one after another: four Consuls are enough for a machine with two cores.</summary>
[CollectionDefinition(Name)]
public sealed class ClusterDefinition
{
    public const string Name = "Consul cluster";
}
