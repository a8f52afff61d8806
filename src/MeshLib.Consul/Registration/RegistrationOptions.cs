namespace MeshLib.Consul;

/// <summary>
/// How this process registers itself in Consul: section <c>Mesh:Registration</c>. A value in configuration wins over one in code. Read once, when the
/// host starts; a later change is logged and waits for the next start. The service's name is <c>Mesh:ServiceName</c>, else the name of the application; its zone is <c>Mesh:Zone</c>, else the environment
/// variable <c>MESH_ZONE</c>, else the metadata <c>zone</c> of the agent's node.
/// </summary>
public sealed class RegistrationOptions
{
    /// <summary>The configuration section that these options are read from.</summary>
    public const string SectionName = "Mesh:Registration";

    /// <summary>Whether this process registers itself. One that listens nowhere (a worker) does so only when <see cref="Port"/> is set.</summary>
    /// <value>Default <see langword="true"/>.</value>
    public bool Enabled { get; set; } = true;

    /// <summary>
    /// The identifier of this instance, unique at its agent. One that is the same after a restart (a pod's or a slot's name) replaces the entry that a
    /// killed process has left; one of two processes at once would take turns.
    /// </summary>
    /// <value>Default <see langword="null"/>: the service's name and a random part, new in every process.</value>
    public string? Id { get; set; }

    /// <summary>The IP address or host name at which others reach this process. Never a wildcard; a loopback address only with an agent on loopback.</summary>
    /// <value>
    /// Default <see langword="null"/>: the address that the server listens on. Where that is a wildcard it is the one from which this machine reaches the
    /// agent; with an agent on this very machine it is left to the agent, which knows the address that it advertises.
    /// </value>
    public string? Address { get; set; }

    /// <summary>The port at which others reach this process.</summary>
    /// <value>Default <see langword="null"/>: the port that the server listens on, plain HTTP before HTTPS. 1 to 65535.</value>
    public int? Port { get; set; }

    /// <summary>The tags of this instance.</summary>
    /// <value>Default none.</value>
    public IList<string> Tags { get; set; } = [];

    /// <summary>
    /// Metadata of this instance. <c>zone</c>, <c>version</c> and <c>scheme</c> are filled in where they are not set here; <c>weight</c> is its share of
    /// traffic relative to its peers.
    /// </summary>
    /// <value>Default none. With those three at most 64 pairs; names of 1 to 128 letters, digits, <c>-</c> and <c>_</c>; values up to 512 characters.</value>
    public IDictionary<string, string> Meta { get; set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>For how long Consul believes the last heartbeat. A process that was killed gets no more calls after at most this time.</summary>
    /// <value>Default 30 s; 1 s to 1 h, and at least three times <see cref="Heartbeat"/>, so that a pause in this process does not look like its end.</value>
    public TimeSpan Ttl { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often this process tells Consul whether it is ready.</summary>
    /// <value>Default 10 s; 0.1 s to 20 min.</value>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>After how long without a heartbeat Consul forgets this instance. It collects what killed processes leave behind, and detects no failures.</summary>
    /// <value>Default 10 min; 1 min, which is Consul's own least, to 7 days. At least <see cref="Ttl"/>.</value>
    public TimeSpan DeregisterAfter { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How long the server goes on taking calls after it has deregistered: the time that the news needs to reach every caller. It counts towards the
    /// host's shutdown timeout. Skipped when Consul could not be told.
    /// </summary>
    /// <value>Default 2 s; 0 to 1 min.</value>
    public TimeSpan DrainDelay { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>What was wrong with the configuration section itself; the validator reports it with everything else.</summary>
    internal List<string> ReadErrors { get; } = [];
}
