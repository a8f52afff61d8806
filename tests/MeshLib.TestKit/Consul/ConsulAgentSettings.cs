namespace MeshLib.TestKit;

/// <summary>How a <see cref="ConsulAgent"/> is started.</summary>
public sealed record ConsulAgentSettings
{
    /// <summary>Default <see cref="ConsulRole.Dev"/>.</summary>
    public ConsulRole Role { get; init; }

    /// <summary>The node's name; a new one when left out.</summary>
    public string? NodeName { get; init; }

    /// <summary>Further configuration in HCL, such as <c>node_meta { zone = "eu-1a" }</c>.</summary>
    public string Hcl { get; init; } = "";

    /// <summary>Whether everything is denied to who has no token; the agent then has a <see cref="ConsulAgent.ManagementToken"/>.</summary>
    public bool AccessControl { get; init; }

    /// <summary>The agents to join.</summary>
    public IReadOnlyList<ConsulAgent> Join { get; init; } = [];

    /// <summary>How many servers elect the first leader; for <see cref="ConsulRole.Server"/>.</summary>
    internal int Servers { get; init; } = 1;

    /// <summary>The ports, where the other members of a cluster have to know them beforehand.</summary>
    internal ConsulPorts? Ports { get; init; }

    /// <summary>The gossip ports to join, for members that do not run yet.</summary>
    internal IReadOnlyList<int> JoinPorts { get; init; } = [];
}
