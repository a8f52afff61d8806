using System.Diagnostics.Metrics;

namespace MeshLib;

/// <summary>
/// Every instrument of the client half. Names and units follow OpenTelemetry (seconds, UCUM); the README's metrics table is compared with this class by a test.
/// </summary>
internal sealed class MeshMetrics
{
    public const string MeterName = "MeshLib";

    // From a stub on loopback to the longest default timeout.
    private static readonly double[] DurationBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    private readonly Meter _meter;
    private readonly Action<Exception> _onListenerFault;
    private readonly Histogram<double> _requestDuration;
    private readonly Histogram<double> _attemptDuration;
    private readonly UpDownCounter<long> _activeRequests;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _retryRefusals;
    private readonly Counter<long> _rejections;
    private readonly Counter<long> _breakerTransitions;
    private readonly Counter<long> _endpointEjections;
    private readonly Counter<long> _discoveryUpdates;
    private readonly Counter<long> _internalErrors;

    /// <param name="meters">Makes the meter.</param>
    /// <param name="onListenerFault">Told of what a listener has thrown; a listener's fault must not become a call's.</param>
    public MeshMetrics(IMeterFactory meters, Action<Exception> onListenerFault)
    {
        _onListenerFault = onListenerFault;
        _meter = meters.Create(MeterName);
        var durations = new InstrumentAdvice<double> { HistogramBucketBoundaries = DurationBuckets };
        _requestDuration = _meter.CreateHistogram("mesh.client.request.duration", "s", "Duration of a logical call, all attempts and waits included, to the response's headers or the end of a buffered body.", tags: null, durations);
        _attemptDuration = _meter.CreateHistogram("mesh.client.attempt.duration", "s", "Duration of one attempt at one endpoint.", tags: null, durations);
        _activeRequests = _meter.CreateUpDownCounter<long>("mesh.client.active_requests", "{request}", "Calls under way, streamed bodies included.");
        _retries = _meter.CreateCounter<long>("mesh.client.retries", "{retry}", "Further attempts made, by the reason of the attempt before.");
        _retryRefusals = _meter.CreateCounter<long>("mesh.client.retry_refusals", "{retry}", "Retryable failures handed back to the caller, by what forbade another attempt.");
        _rejections = _meter.CreateCounter<long>("mesh.client.rejections", "{request}", "Calls that the mesh itself refused.");
        _breakerTransitions = _meter.CreateCounter<long>("mesh.breaker.transitions", "{transition}", "Changes of an endpoint breaker's state, from one to another: closed to open, open to probing (half-open), probing to closed or back to open.");
        _endpointEjections = _meter.CreateCounter<long>("mesh.endpoint.ejections", "{ejection}", "Endpoints taken out of balancing while their breakers are closed: success_rate, failure_ratio, health_check, announced or manual.");
        _discoveryUpdates = _meter.CreateCounter<long>("mesh.discovery.updates", "{update}", "Answers of discovery: applied, unchanged or failed.");
        _internalErrors = _meter.CreateCounter<long>("mesh.internal_errors", "{error}", "Faults inside the mesh, after which calls went on to live endpoints.");
    }

    /// <summary>Counts a call as under way. <see langword="false"/> when nobody listens: its end must not be counted then, though somebody may listen by that time.</summary>
    public bool RequestStarted(string service)
    {
        var counted = _activeRequests.Enabled;
        if (counted)
        {
            Move(_activeRequests, 1, service);
        }

        return counted;
    }

    public void RequestEnded(string service) => Move(_activeRequests, -1, service);

    public void RequestAnswered(string service, OutcomeReason reason, double seconds) => Record(_requestDuration, seconds, service, reason);

    public void AttemptEnded(string service, OutcomeReason reason, double seconds) => Record(_attemptDuration, seconds, service, reason);

    public void Retried(string service, OutcomeReason reason) => Count(_retries, service, MeshTags.Reason, reason.Tag());

    public void RetryRefused(string service, RetryRefusal refusal) => Count(_retryRefusals, service, MeshTags.Reason, refusal.Tag());

    public void Rejected(string service, OutcomeReason reason) => Count(_rejections, service, MeshTags.Reason, reason.Tag());

    public void BreakerChanged(string service, BreakerTransition transition)
    {
        if (_breakerTransitions.Enabled)
        {
            try
            {
                _breakerTransitions.Add(1, Tag(MeshTags.Service, service), Tag(MeshTags.From, transition.From.Tag()), Tag(MeshTags.State, transition.To.Tag()));
            }
#pragma warning disable CA1031 // Listeners are foreign code, and run inside of the call.
            catch (Exception fault)
#pragma warning restore CA1031
            {
                _onListenerFault(fault);
            }
        }
    }

    public void EndpointEjected(string service, EjectionReason reason) => Count(_endpointEjections, service, MeshTags.Reason, reason.Tag());

    public void DiscoveryUpdated(string service, string outcome) => Count(_discoveryUpdates, service, MeshTags.Outcome, outcome);

    public void InternalError(string service, string where) => Count(_internalErrors, service, MeshTags.Where, where);

    /// <summary>Creates the instruments that read the mesh's state when they are collected.</summary>
    public void Observe(MeshServices services, MeshPolicies policies)
    {
        _meter.CreateObservableGauge("mesh.retry_budget.balance", services.BudgetBalances, "{retry}", "Retries that the service's budget would allow now.");
        _meter.CreateObservableGauge("mesh.endpoints", services.EndpointCounts, "{endpoint}", "Known endpoints, by state.");
        _meter.CreateObservableGauge("mesh.panic", services.Panics, "1", "1 while so few endpoints are healthy that unhealthy and ejected ones get traffic too.");
        _meter.CreateObservableGauge("mesh.zone.local_share", services.LocalShares, "1", "The share of a service's calls that is meant for the own zone, while zones are in play.");
        _meter.CreateObservableGauge("mesh.discovery.staleness", services.Staleness, "s", "For how long a service's endpoint list may have been out of date.");
        _meter.CreateObservableCounter<long>("mesh.policy.rejected", () => policies.Rejected, "{policy}", "Policies that were not taken over, or not whole, because of a mistake in them or a source that could not be read.");
        _meter.CreateObservableGauge("mesh.policy.version", () => policies.Version, "1", "Number of the policy in force; grows with every change taken over.");
    }

    private void Move(UpDownCounter<long> counter, int by, string service)
    {
        if (counter.Enabled)
        {
            try
            {
                counter.Add(by, Tag(MeshTags.Service, service));
            }
#pragma warning disable CA1031 // Listeners are foreign code, and run inside of the call.
            catch (Exception fault)
#pragma warning restore CA1031
            {
                _onListenerFault(fault);
            }
        }
    }

    private void Count(Counter<long> counter, string service, string tag, string value)
    {
        if (counter.Enabled)
        {
            try
            {
                counter.Add(1, Tag(MeshTags.Service, service), Tag(tag, value));
            }
#pragma warning disable CA1031 // As above.
            catch (Exception fault)
#pragma warning restore CA1031
            {
                _onListenerFault(fault);
            }
        }
    }

    private void Record(Histogram<double> histogram, double seconds, string service, OutcomeReason reason)
    {
        if (histogram.Enabled)
        {
            try
            {
                histogram.Record(seconds, Tag(MeshTags.Service, service), Tag(MeshTags.Outcome, reason.Tag()));
            }
#pragma warning disable CA1031 // As above.
            catch (Exception fault)
#pragma warning restore CA1031
            {
                _onListenerFault(fault);
            }
        }
    }

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
