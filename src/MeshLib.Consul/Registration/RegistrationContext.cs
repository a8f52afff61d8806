namespace MeshLib.Consul;

/// <summary>What everything about one registration shares.</summary>
/// <param name="Client">The agent.</param>
/// <param name="Options">Valid options.</param>
/// <param name="Definition">Who is registered.</param>
/// <param name="Clock">Monotonic time.</param>
/// <param name="Signals">Where changes are told.</param>
internal sealed record RegistrationContext(
    ConsulClient Client,
    RegistrationOptions Options,
    InstanceDefinition Definition,
    MonotonicClock Clock,
    RegistrationSignals Signals);
