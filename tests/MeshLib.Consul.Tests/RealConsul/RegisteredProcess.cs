using System.Globalization;
using MeshLib.TestKit;

namespace MeshLib.Consul.Tests;

/// <summary>A service in a process of its own, registered in a real Consul.</summary>
internal static class RegisteredProcess
{
    public static readonly TimeSpan Ttl = TimeSpan.FromSeconds(3);
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan DrainDelay = TimeSpan.FromSeconds(0.5);

    public static Task<ChildProcess> StartAsync(ConsulAgent consul, string service, string id) => ChildProcess.StartAsync(
        Path.Combine(AppContext.BaseDirectory, "MeshLib.TestService"),
        [
            $"--Mesh:ServiceName={service}", $"--Mesh:Consul:Address={consul.Address}", $"--Mesh:Registration:Id={id}", Span("Ttl", Ttl), Span("Heartbeat", Heartbeat), Span("DrainDelay", DrainDelay),
        ]);

    private static string Span(string key, TimeSpan value) => $"--Mesh:Registration:{key}={value.ToString("c", CultureInfo.InvariantCulture)}";
}
