namespace MeshLib.Consul;

/// <summary>What an instance's checks say together, from good to bad.</summary>
internal enum InstanceStatus
{
    Passing,
    Warning,
    Critical,
    Maintenance,
}
