namespace MeshLib;

/// <summary>How near to a call a layer is; a nearer one wins, whatever source it comes from.</summary>
internal enum PolicyLevel
{
    /// <summary>Every service.</summary>
    Defaults,

    /// <summary>One service.</summary>
    Service,

    /// <summary>One client, whatever service it calls.</summary>
    Client,

    /// <summary>Above everything: what an operator must be able to force.</summary>
    Override,
}
