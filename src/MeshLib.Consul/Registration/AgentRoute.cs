using System.Net;
using System.Net.Sockets;

namespace MeshLib.Consul;

/// <summary>
/// Finds the address from which this machine talks to the agent. Connecting a UDP socket sends nothing: the kernel only chooses the interface by its
/// routes, which is right on machines with many of them, in containers and behind VPNs, where guessing by an interface's name is not.
/// </summary>
internal static class AgentRoute
{
    public static async Task<IPAddress> FindAsync(ConsulAddress agent, CancellationToken cancellationToken)
    {
        using var socket = new Socket(SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(agent.Base.DnsSafeHost, agent.Base.Port, cancellationToken).ConfigureAwait(false);
        var local = ((IPEndPoint)socket.LocalEndPoint!).Address;
        return local.IsIPv4MappedToIPv6 ? local.MapToIPv4() : ListenHost.WithoutScope(local);
    }
}
