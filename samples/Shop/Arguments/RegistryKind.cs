namespace Shop.Arguments;

/// <summary>Where the instances of the shop register.</summary>
internal enum RegistryKind
{
    /// <summary>A real Consul agent, started by the driver.</summary>
    Consul,

    /// <summary>A small registry inside the driver.</summary>
    Memory,
}
