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

        // Quick failures look like an idle instance to whoever picks by latency or by load, the more so the more the others have to do.
        new InstanceFault("one-fast-500", "one fails in 1 ms, others need 50", Fault.Error) { Others = Fault.Busy, Lasting = TimeSpan.FromSeconds(4), Avoided = 1 },

        // The others need long enough for a busy machine not to blur the difference. By speed alone it would get one call in twenty.
        new InstanceFault("one-slow", "one needs 500 ms, others 50", Fault.Slow) { Others = Fault.Busy, Lasting = TimeSpan.FromSeconds(5), Avoided = 5 },

        // The first attempts that hang are given up after 3 s; what a stack learns from that comes later still.
        new InstanceFault("one-hangs", "one instance accepts and hangs", Fault.Hang) { Lasting = TimeSpan.FromSeconds(5) },
        new RollingRestart(),
        new RegistryStopped(),
        new InstanceFault("all-flaky", "all fail 30 % of calls", Fault.Flaky) { OnAll = true },
    ];
}
