namespace MeshLib.Consul;

/// <summary>Which of Consul's consistency modes reads of the catalogue use.</summary>
public enum ConsulReadMode
{
    /// <summary>The leader answers: the freshest of the cheap modes, and the default.</summary>
    Default,

    /// <summary>Any server answers, even without a leader: lighter on the leader, and the answer may be some milliseconds old.</summary>
    Stale,

    /// <summary>The local agent's cache answers: for many processes beside one agent, so that they share one query to the servers.</summary>
    Cached,
}
