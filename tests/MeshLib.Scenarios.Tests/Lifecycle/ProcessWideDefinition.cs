namespace MeshLib.Scenarios.Tests.Lifecycle;

/// <summary>Tests that set what the whole process shares run while no other test of it does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessWideDefinition
{
    public const string Name = "Process-wide";
}
