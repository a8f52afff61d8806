using Microsoft.Extensions.Logging;

namespace MeshLib.Consul;

internal static partial class ConsulClientLog
{
    [LoggerMessage(2020, LogLevel.Warning, "The certificate of the Consul agent is not verified (Mesh:Consul:Tls:Verify): anyone in between can read the token and forge the registry.")]
    public static partial void CertificateNotVerified(ILogger logger);

    [LoggerMessage(2021, LogLevel.Warning, "Mesh:Consul:TokenFile is '{File}', which does not exist or cannot be read; Consul is asked without a token until it can.")]
    public static partial void TokenFileMissing(ILogger logger, string file);
}
