using Shop.Instances;
using Shop.Measurement;
using Shop.Processes;
using Shop.Registry;

namespace Shop.Incidents;

/// <summary>Where an incident plays: the running shop, and the time since the load began.</summary>
internal sealed class Scene(Fleet fleet, IRegistry registry, TimeProvider time, CancellationToken cancelled)
{
    private readonly long _start = time.GetTimestamp();
    private (Instance Instance, long Received, long Total)? _counted;

    public Fleet Fleet => fleet;

    public IRegistry Registry => registry;

    public CancellationToken Cancelled => cancelled;

    /// <summary>The instances of the service that is called.</summary>
    public IReadOnlyList<Instance> Instances => fleet.Of(LoadPlan.Service);

    /// <summary>Waits until <paramref name="sinceStart"/>.</summary>
    public async Task AtAsync(TimeSpan sinceStart)
    {
        if (sinceStart - time.GetElapsedTime(_start) is { Ticks: > 0 } early)
        {
            await Task.Delay(early, time, cancelled);
        }
    }

    /// <summary>The share of attempts, in percent, that has reached the instance of <see cref="CountWhatReaches"/> since then; null where none was counted.</summary>
    public double? ShareOfStruck => _counted is { } before && fleet.Received(LoadPlan.Service) - before.Total is > 0 and var attempts
        ? 100.0 * (fleet.Received(before.Instance) - before.Received) / attempts
        : null;

    /// <summary>From now on what reaches <paramref name="instance"/> is set against what reaches them all.</summary>
    public void CountWhatReaches(Instance instance) => _counted = (instance, fleet.Received(instance), fleet.Received(LoadPlan.Service));

    public Task SetFaultAsync(IEnumerable<Instance> instances, Fault fault) =>
        Task.WhenAll(instances.Select(instance => fleet.SetFaultAsync(instance, fault, cancelled)));
}
