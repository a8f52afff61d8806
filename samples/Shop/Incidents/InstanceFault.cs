using Shop.Instances;

namespace Shop.Incidents;

/// <summary>Some instances misbehave, from the strike until the last call has ended.</summary>
internal sealed class InstanceFault(string name, string title, Fault fault) : Incident
{
    public override string Name => name;

    public override string Title => title;

    public override TimeSpan Load => Lasting ?? base.Load;

    public override double? Required => OnAll ? null : base.Required;

    /// <summary>Whether all instances are struck, not the first one only.</summary>
    public bool OnAll { get; init; }

    /// <summary>How long the load lasts, where the usual time would not show what comes of the fault.</summary>
    public TimeSpan? Lasting { get; init; }

    public override async Task PlayAsync(Scene scene)
    {
        await scene.AtAsync(Strike);
        await scene.SetFaultAsync(OnAll ? scene.Instances : scene.Instances.Take(1), fault);
    }

    public override Task RepairAsync(Scene scene) => scene.SetFaultAsync(scene.Instances, Fault.None);
}
