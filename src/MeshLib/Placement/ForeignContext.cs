using System.Diagnostics;

namespace MeshLib;

/// <summary>What a foreign host is told of the trace: its identifiers, and not the baggage, which is this organisation's own.</summary>
internal sealed class ForeignContext(DistributedContextPropagator inner) : DistributedContextPropagator
{
    // The header of the W3C, and the one that .NET used before it.
    private static readonly string[] Baggage = ["baggage", "Correlation-Context"];

    public override IReadOnlyCollection<string> Fields => [.. inner.Fields.Except(Baggage, StringComparer.OrdinalIgnoreCase)];

    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter) => inner.Inject(activity, carrier, setter is null ? null : (target, name, value) =>
    {
        if (!Baggage.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            setter(target, name, value);
        }
    });

    public override void ExtractTraceIdAndState(object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState) =>
        inner.ExtractTraceIdAndState(carrier, getter, out traceId, out traceState);

    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) => inner.ExtractBaggage(carrier, getter);
}
