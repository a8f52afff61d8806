using System.Diagnostics.Metrics;

namespace MeshLib.Consul;

/// <summary>What goes wrong between Consul and the list of instances, counted. Tags come from closed sets.</summary>
internal sealed class ConsulMetrics
{
    private readonly ListenerFaults _faults;
    private readonly Counter<long> _errors;
    private readonly Counter<long> _dropped;

    public ConsulMetrics(IMeterFactory meters, ListenerFaults faults)
    {
        _faults = faults;
        var meter = meters.Create("MeshLib");
        _errors = meter.CreateCounter<long>("mesh.discovery.errors", "{error}", "Failed requests to the registry, and lists that were suddenly empty and doubted, by reason.");
        _dropped = meter.CreateCounter<long>("mesh.discovery.dropped", "{instance}", "Rows of the registry that became unusable, by reason.");
    }

    public void Failed(string service, ConsulFailure failure) => Count(_errors, 1, service, NameOf(failure));

    /// <summary>An empty list came and is not believed: a failure that looks like an answer.</summary>
    public void Doubted(string service) => Count(_errors, 1, service, "empty");

    public void Dropped(string service, DropReason reason, int count) => Count(_dropped, count, service, NameOf(reason));

    private void Count(Counter<long> counter, int by, string service, string reason) =>
        _faults.Count(counter, by, new(MeshTags.Service, service), new(MeshTags.Reason, reason));

    public static string NameOf(DropReason reason) => reason switch
    {
        DropReason.Incomplete => "incomplete",
        DropReason.OtherService => "other_service",
        DropReason.InvalidAddress => "invalid_address",
        DropReason.RefusedAddress => "refused_address",
        DropReason.InvalidPort => "invalid_port",
        _ => "duplicate",
    };

    private static string NameOf(ConsulFailure failure) => failure switch
    {
        ConsulFailure.Unreachable => "unreachable",
        ConsulFailure.TimedOut => "timeout",
        ConsulFailure.Denied => "denied",
        ConsulFailure.RateLimited => "rate_limited",
        ConsulFailure.Rejected => "rejected",
        ConsulFailure.ServerError => "server_error",
        ConsulFailure.InvalidAnswer => "invalid_answer",
        _ => "too_large",
    };
}
