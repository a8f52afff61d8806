using Shop.Instances;

namespace Shop.Incidents;

/// <summary>The incidents, in the order in which they play.</summary>
internal static class IncidentScript
{
    public static IReadOnlyList<Incident> All { get; } =
    [
        new Healthy(),
        new InstanceFault("one-503", "one instance answers 503", Fault.Unavailable),
        new InstancesKilled("one-killed", "one instance killed (-9)"),
        new InstancesKilled("zone-lost", "a whole zone killed (-9)") { WholeZone = true },

        // Until the first slow answer no stack can know; those calls alone must not be the worst hundredth.
        new InstanceFault("one-slow", "one instance 20 × slower", Fault.Slow) { Lasting = TimeSpan.FromSeconds(4) },

        // The first attempts that hang are given up after 3 s; what a stack learns from that comes later still.
        new InstanceFault("one-hangs", "one instance accepts and hangs", Fault.Hang) { Lasting = TimeSpan.FromSeconds(5) },
        new RollingRestart(),
        new RegistryStopped(),
        new InstanceFault("all-flaky", "all fail 30 % of calls", Fault.Flaky) { OnAll = true },
    ];
}
