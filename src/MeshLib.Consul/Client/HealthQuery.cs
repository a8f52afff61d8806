namespace MeshLib.Consul;

/// <summary>Which instances are asked for.</summary>
/// <param name="Service">The service's name in Consul.</param>
/// <param name="Datacenter">The datacenter; empty for the agent's own.</param>
/// <param name="Filter">A filter in Consul's language; empty for all instances.</param>
internal readonly record struct HealthQuery(string Service, string Datacenter = "", string Filter = "");
