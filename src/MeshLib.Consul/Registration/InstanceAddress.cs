namespace MeshLib.Consul;

/// <summary>Where an instance is reached.</summary>
/// <param name="Host">An IP address or a host name; <see langword="null"/> for the address that the agent advertises for its node.</param>
/// <param name="Port">The port.</param>
/// <param name="Scheme"><c>http</c> or <c>https</c>.</param>
internal sealed record InstanceAddress(string? Host, int Port, string Scheme);
