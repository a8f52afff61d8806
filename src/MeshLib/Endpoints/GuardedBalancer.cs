using Microsoft.Extensions.Logging;

namespace MeshLib;

/// <summary>
/// The balancer of one endpoint set, and what stands in for it: a fault of a balancer or a picker, ours or the user's, must not fail calls. They go to live endpoints
/// at random then, and the fault is counted.
/// </summary>
internal sealed partial class GuardedBalancer(string service, LoadBalancers balancers, Random random, MeshMetrics metrics, ILogger logger)
{
    private readonly RandomLoadBalancer _standIn = new(random);
    private (LoadBalancingSettings Settings, LoadBalancer Balancer)? _current;
    private int _balancerFaulted;
    private int _pickerFaulted;

    /// <summary>Makes a picker by the balancer that <paramref name="settings"/> name, which stays the same until they change. The caller sees to it that calls do not overlap.</summary>
    /// <param name="settings">The balancer's name and options.</param>
    /// <param name="endpoints">The endpoints that may receive traffic.</param>
    /// <param name="members">Those and the ones that would be among them if they were well.</param>
    public EndpointPicker CreatePicker(LoadBalancingSettings settings, IReadOnlyList<MeshEndpoint> endpoints, IReadOnlyList<MeshEndpoint> members)
    {
        try
        {
            var picker = BalancerOf(settings).CreatePicker(endpoints, members);
            return balancers.IsOwn(settings.Policy) ? new MembersOnlyPicker(picker, endpoints) : picker;
        }
#pragma warning disable CA1031 // The user's code.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            metrics.InternalError(service, "balancer");
            if (Interlocked.Exchange(ref _balancerFaulted, 1) == 0)
            {
                LogBalancerFailed(logger, settings.Policy, service, exception);
            }

            return _standIn.CreatePicker(endpoints);
        }
    }

    /// <summary>Whether the balancer that <paramref name="settings"/> name must choose among the whole set.</summary>
    public bool NeedsWholeSet(LoadBalancingSettings settings)
    {
        try
        {
            return BalancerOf(settings).NeedsWholeSet;
        }
#pragma warning disable CA1031 // As above; whoever asks for a picker says so.
        catch (Exception)
#pragma warning restore CA1031
        {
            return false;
        }
    }

    /// <summary>The endpoint of one attempt.</summary>
    public MeshEndpoint? Pick(EndpointSnapshot snapshot, MeshCall call)
    {
        try
        {
            return snapshot.Picker?.Pick(call);
        }
#pragma warning disable CA1031 // As above.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            metrics.InternalError(service, "picker");
            if (Interlocked.Exchange(ref _pickerFaulted, 1) == 0)
            {
                LogPickerFailed(logger, service, exception);
            }

            return _standIn.CreatePicker(snapshot.Live).Pick(call);
        }
    }

    private LoadBalancer BalancerOf(LoadBalancingSettings settings)
    {
        if (_current is not { } current || current.Settings != settings)
        {
            current = (settings, balancers.Create(settings));
            _current = current;
        }

        return current.Balancer;
    }

    [LoggerMessage(202, LogLevel.Error, "The picker of {Service} failed; the call went to a live endpoint.")]
    private static partial void LogPickerFailed(ILogger logger, string service, Exception exception);

    [LoggerMessage(203, LogLevel.Error, "The balancer '{Balancer}' of {Service} failed; live endpoints are picked at random until it works.")]
    private static partial void LogBalancerFailed(ILogger logger, string balancer, string service, Exception exception);
}
