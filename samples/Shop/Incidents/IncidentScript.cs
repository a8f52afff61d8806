using Shop.Instances;

namespace Shop.Incidents;

/// <summary>The incidents, in the order in which they play.</summary>
internal static class IncidentScript
{
    public static IReadOnlyList<Incident> All { get; } =
    [
        new Healthy(),
        new InstanceFault("one-503", "one instance answers 503", Fault.Unavailable),
        new InstanceKilled(),
        new InstanceFault("one-slow", "one instance 20 × slower", Fault.Slow),
        new InstanceFault("one-hangs", "one instance accepts and hangs", Fault.Hang),
        new RollingRestart(),
        new RegistryStopped(),
        new InstanceFault("all-flaky", "all fail 30 % of calls", Fault.Flaky, instances: int.MaxValue, required: null),
    ];
}
