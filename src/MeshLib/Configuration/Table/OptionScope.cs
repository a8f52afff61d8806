namespace MeshLib;

/// <summary>To what an option belongs, and so in which layers it may stand.</summary>
internal enum OptionScope
{
    /// <summary>To a call: defaults, service and client may set it.</summary>
    Call,

    /// <summary>To state that all clients of a service share: defaults and service may set it, a client may not.</summary>
    Service,
}
