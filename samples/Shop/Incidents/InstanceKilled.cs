using Shop.Measurement;
using Shop.Processes;

namespace Shop.Incidents;

/// <summary>An instance dies by SIGKILL and stays in the registry; a new one comes up elsewhere.</summary>
internal sealed class InstanceKilled : Incident
{
    private static readonly TimeSpan Replacement = TimeSpan.FromSeconds(1.2);
    private Instance? _victim;

    public override string Name => "one-killed";

    public override string Title => "one instance killed (-9)";

    public override async Task PlayAsync(Scene scene)
    {
        await scene.AtAsync(Strike);
        _victim = scene.Instances[0];
        await scene.Fleet.KillAsync(_victim);
        await scene.AtAsync(Replacement);
        await scene.Fleet.StartAsync(_victim.Service, _victim.Zone, scene.Cancelled);
    }

    public override async Task RepairAsync(Scene scene)
    {
        if (_victim is { } victim)
        {
            _victim = null;
            await scene.Registry.ForgetAsync(victim.Service, victim.Address, scene.Cancelled);
            await scene.Fleet.SettleAsync(LoadPlan.Service, scene.Cancelled);
        }
    }
}
