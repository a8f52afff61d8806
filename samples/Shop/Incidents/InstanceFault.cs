using Shop.Instances;

namespace Shop.Incidents;

/// <summary>The first <paramref name="instances"/> instances misbehave until the last call has ended.</summary>
internal sealed class InstanceFault(string name, string title, Fault fault, int instances = 1, double? required = 99.9) : Incident
{
    public override string Name => name;

    public override string Title => title;

    public override double? Required => required;

    public override async Task PlayAsync(Scene scene)
    {
        await scene.AtAsync(Strike);
        await scene.SetFaultAsync(scene.Instances.Take(instances), fault);
    }

    public override Task RepairAsync(Scene scene) => scene.SetFaultAsync(scene.Instances, Fault.None);
}
