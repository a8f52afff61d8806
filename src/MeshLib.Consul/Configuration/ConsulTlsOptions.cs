namespace MeshLib.Consul;

/// <summary>How an agent that speaks HTTPS is verified, and which certificate is shown to it.</summary>
public sealed class ConsulTlsOptions
{
    /// <summary>Whether the agent's certificate is verified. Switching it off is logged as a warning at the start.</summary>
    /// <value>Default <see langword="null"/>: <c>CONSUL_HTTP_SSL_VERIFY</c>, else <see langword="true"/>.</value>
    public bool? Verify { get; set; }

    /// <summary>A PEM file with the certificate authorities to trust instead of the machine's.</summary>
    /// <value>Default <see langword="null"/>: <c>CONSUL_CACERT</c>.</value>
    public string? CaFile { get; set; }

    /// <summary>A folder of PEM files with the certificate authorities to trust instead of the machine's.</summary>
    /// <value>Default <see langword="null"/>: <c>CONSUL_CAPATH</c>.</value>
    public string? CaPath { get; set; }

    /// <summary>A PEM file with the certificate (and its chain) to show to the agent.</summary>
    /// <value>Default <see langword="null"/>: <c>CONSUL_CLIENT_CERT</c>.</value>
    public string? ClientCertificate { get; set; }

    /// <summary>A PEM file with the private key of <see cref="ClientCertificate"/>.</summary>
    /// <value>Default <see langword="null"/>: <c>CONSUL_CLIENT_KEY</c>; without it the key is looked for in <see cref="ClientCertificate"/>.</value>
    public string? ClientKey { get; set; }

    /// <summary>The name that the agent's certificate must carry where it differs from the host of the address.</summary>
    /// <value>Default <see langword="null"/>: <c>CONSUL_TLS_SERVER_NAME</c>, else the host of the address.</value>
    public string? ServerName { get; set; }
}
