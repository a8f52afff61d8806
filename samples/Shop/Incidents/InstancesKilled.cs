using Shop.Measurement;
using Shop.Processes;

namespace Shop.Incidents;

/// <summary>Instances die by SIGKILL and stay in the registry; new ones come up elsewhere.</summary>
internal sealed class InstancesKilled(string name, string title) : Incident
{
    private static readonly TimeSpan Replacement = TimeSpan.FromSeconds(1.2);
    private IReadOnlyList<Instance> _victims = [];

    public override string Name => name;

    public override string Title => title;

    /// <summary>Whether all die that are in the zone with the most instances, not the first one only.</summary>
    public bool WholeZone { get; init; }

    public override async Task PlayAsync(Scene scene)
    {
        await scene.AtAsync(Strike);
        _victims = WholeZone ? [.. scene.Instances.GroupBy(static instance => instance.Zone).MaxBy(static zone => zone.Count())!] : [scene.Instances[0]];
        await Task.WhenAll(_victims.Select(scene.Fleet.KillAsync));
        await scene.AtAsync(Replacement);
        await Task.WhenAll(_victims.Select(victim => scene.Fleet.StartAsync(victim.Service, victim.Zone, scene.Cancelled)));
    }

    public override async Task RepairAsync(Scene scene)
    {
        if (_victims.Count > 0)
        {
            foreach (var victim in _victims)
            {
                await scene.Registry.ForgetAsync(victim.Service, victim.Address, scene.Cancelled);
            }

            _victims = [];
            await scene.Fleet.SettleAsync(LoadPlan.Service, scene.Cancelled);
        }
    }
}
