namespace MeshLib.Consul;

/// <summary>
/// Where Consul is and how it is read: section <c>Mesh:Consul</c>. A value in configuration wins over one in code, and Consul's own environment
/// variables fill what neither sets. Read once, when the host starts; a later change is logged and waits for the next start.
/// </summary>
public sealed class ConsulOptions
{
    /// <summary>The configuration section that these options are read from.</summary>
    public const string SectionName = "Mesh:Consul";

    /// <summary>Whether Consul is used at all. When off, nothing is looked up, registered or connected to.</summary>
    /// <value>Default <see langword="true"/>.</value>
    public bool Enabled { get; set; } = true;

    /// <summary>The agent: <c>http://host:port</c>, <c>https://host:port</c>, <c>host:port</c> or <c>unix:///path</c>, with a path prefix if a proxy stands before it.</summary>
    /// <value>Default <c>CONSUL_HTTP_ADDR</c>, else <c>http://127.0.0.1:8500</c>. User information is refused: use <see cref="BasicAuthentication"/>.</value>
    public string? Address { get; set; }

    /// <summary>The ACL token. It travels in the <c>X-Consul-Token</c> header, to <see cref="Address"/> only.</summary>
    /// <value>Default <c>CONSUL_HTTP_TOKEN</c>, else none.</value>
    public string? Token { get; set; }

    /// <summary>A file that holds the ACL token; read again when the agent answers 403, and until it is there: a sidecar may write it later. Ignored when <see cref="Token"/> is set.</summary>
    /// <value>Default <c>CONSUL_HTTP_TOKEN_FILE</c>, else none.</value>
    public string? TokenFile { get; set; }

    /// <summary>User and password for a proxy before the agent, as <c>user:password</c>.</summary>
    /// <value>Default <c>CONSUL_HTTP_AUTH</c>, else none.</value>
    public string? BasicAuthentication { get; set; }

    /// <summary>The datacenter in which services are looked up. Registration is always in the agent's own.</summary>
    /// <value>Default empty: the agent's own.</value>
    public string? Datacenter { get; set; }

    /// <summary>The namespace (Consul Enterprise).</summary>
    /// <value>Default <c>CONSUL_NAMESPACE</c>, else none. Never sent when empty: Consul without namespaces answers 400 to it.</value>
    public string? Namespace { get; set; }

    /// <summary>The admin partition (Consul Enterprise).</summary>
    /// <value>Default <c>CONSUL_PARTITION</c>, else none.</value>
    public string? Partition { get; set; }

    /// <summary>How an HTTPS agent is verified.</summary>
    public ConsulTlsOptions Tls { get; set; } = new();

    /// <summary>How long one blocking query waits for a change. It bounds how long any kind of blindness can last.</summary>
    /// <value>Default 55 s; 1 s to 10 min, which is Consul's own limit. Less where a proxy cuts long requests.</value>
    public TimeSpan Wait { get; set; } = TimeSpan.FromSeconds(55);

    /// <summary>
    /// For how long the last instances are kept when a service that had some is suddenly answered with an empty list. A token without rights and a
    /// wiped cluster look exactly like that.
    /// </summary>
    /// <value>Default 30 s; 0 (believe it at once) to 1 h. Four times as long when Consul's index went back or a token was refused lately.</value>
    public TimeSpan EmptyGrace { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The services for which an empty list is believed at once, because they are scaled to zero on purpose.</summary>
    /// <value>Default empty.</value>
    public IList<string> ScaleToZero { get; set; } = [];

    /// <summary>Which consistency mode reads use.</summary>
    /// <value>Default <see cref="ConsulReadMode.Default"/>.</value>
    public ConsulReadMode ReadMode { get; set; }

    /// <summary>A filter in Consul's filter language that every instance must match, such as <c>Service.Meta.env == "prod"</c>.</summary>
    /// <value>Default empty: all instances.</value>
    public string? Filter { get; set; }

    /// <summary>The largest answer that is read, in bytes; at the limit the connection is closed and the answer is dropped.</summary>
    /// <value>Default 32 MiB; 64 KiB to 1 GiB.</value>
    public int MaxResponseBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>How long the first resolution of a service waits for Consul's first answer before it fails.</summary>
    /// <value>Default 3 s; 0 to 1 min.</value>
    public TimeSpan FirstAnswerTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How many services are watched at once; each watch holds one connection, and an agent accepts 200 per client address.</summary>
    /// <value>Default 128; 1 to 190.</value>
    public int MaxWatches { get; set; } = 128;

    /// <summary>
    /// Whether instances at link-local, multicast, broadcast and unspecified addresses are used. Refused by default: a poisoned registry must not
    /// lead calls to a cloud's metadata service.
    /// </summary>
    /// <value>Default <see langword="false"/>.</value>
    public bool AllowSpecialAddresses { get; set; }

    /// <summary>What was wrong with the configuration section itself; the validator reports it with everything else.</summary>
    internal List<string> ReadErrors { get; } = [];
}
