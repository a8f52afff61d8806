using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace MeshLib.TestKit;

/// <summary>
/// The ports of one agent. Consul cannot be told to choose its own (an HTTP port of 0 switches HTTP off), and an agent that restarts needs the same
/// ports again, so they come from below the range that the kernel hands to outgoing connections; who loses a race for one tries again with others.
/// </summary>
internal sealed record ConsulPorts(int Http, int Server, int Serf)
{
    private const int Lowest = 10_000;
    private const int FirstEphemeral = 32_768;

    public static ConsulPorts Choose() => new(ChooseOne(), ChooseOne(), ChooseOne());

    private static int ChooseOne()
    {
        while (true)
        {
            var port = RandomNumberGenerator.GetInt32(Lowest, FirstEphemeral);
            try
            {
                using var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                using var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                tcp.Bind(new IPEndPoint(IPAddress.Loopback, port));
                udp.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Taken; another one then.
            }
        }
    }
}
