namespace MeshLib.Consul;

/// <summary>Why a row of Consul's answer is not used; the tag of the counter of dropped rows.</summary>
internal enum DropReason
{
    /// <summary>The row, its node or its service is missing.</summary>
    Incomplete,

    /// <summary>The row belongs to another service than the one asked for.</summary>
    OtherService,

    /// <summary>The address is neither a plain IP address nor a plain host name.</summary>
    InvalidAddress,

    /// <summary>The address is link-local, multicast, broadcast or unspecified.</summary>
    RefusedAddress,

    /// <summary>No usable port.</summary>
    InvalidPort,

    /// <summary>Another row has the same address and port.</summary>
    Duplicate,
}
