using Microsoft.Extensions.Logging;

namespace MeshLib.Consul;

internal static partial class ConsulClientLog
{
    [LoggerMessage(2020, LogLevel.Warning, "The certificate of the Consul agent is not verified (Mesh:Consul:Tls:Verify): anyone in between can read the token and forge the registry.")]
    public static partial void CertificateNotVerified(ILogger logger);
}
