namespace MeshLib.TestKit;

/// <summary>What a <see cref="ConsulAgent"/> is.</summary>
public enum ConsulRole
{
    /// <summary>A server of its own that keeps everything in memory: <c>-dev</c>. A restart forgets all.</summary>
    Dev,

    /// <summary>A server with a data folder, which a restart keeps; alone, or one of a cluster.</summary>
    Server,

    /// <summary>An agent without a vote, as there is on every machine in production; it keeps its registrations in its data folder.</summary>
    Client,
}
