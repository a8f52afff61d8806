using Shop.Measurement;

namespace Shop.Incidents;

/// <summary>The registry goes away while callers know their instances.</summary>
internal sealed class RegistryStopped : Incident
{
    public override string Name => "consul-stopped";

    public override string Title => "Consul (registry) stopped";

    public override double? Required => 100;

    public override async Task PlayAsync(Scene scene)
    {
        await scene.AtAsync(Strike);
        await scene.Registry.StopAsync(scene.Cancelled);
    }

    public override async Task RepairAsync(Scene scene)
    {
        await scene.Registry.StartAsync(scene.Cancelled);
        await scene.Fleet.SettleAsync(LoadPlan.Service, scene.Cancelled);
    }
}
