namespace MeshLib.Consul;

/// <summary>What everything about one registration shares.</summary>
/// <param name="Client">The agent.</param>
/// <param name="Options">Valid options.</param>
/// <param name="Definition">Who is registered.</param>
/// <param name="ZoneOfNode">Knows the zone where the definition does not.</param>
/// <param name="Time">The clock of every wait and limit.</param>
/// <param name="Signals">Where changes are told.</param>
internal sealed record RegistrationContext(
    ConsulClient Client,
    RegistrationOptions Options,
    InstanceDefinition Definition,
    IZoneSource ZoneOfNode,
    TimeProvider Time,
    RegistrationSignals Signals)
{
    public MonotonicClock Clock { get; } = new(Time);
}
