namespace MeshLib.Consul;

/// <summary>How far the registration of this process is.</summary>
internal enum RegistrationState
{
    /// <summary>Not begun: the server does not listen yet, or this process does not register itself.</summary>
    Waiting,

    /// <summary>The agent has taken the last heartbeat, and the catalogue lists the instance or has not been asked yet.</summary>
    Registered,

    /// <summary>The agent has taken the registration, but the catalogue does not list the instance.</summary>
    Missing,

    /// <summary>The agent cannot be reached or refuses; it is tried again.</summary>
    Failing,

    /// <summary>This process is about to end and has taken itself out.</summary>
    Withdrawn,
}
