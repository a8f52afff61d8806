using Shop.Instances;

namespace Shop.Incidents;

/// <summary>Some instances misbehave, from the strike until the last call has ended.</summary>
internal sealed class InstanceFault(string name, string title, Fault fault) : Incident
{
    private static readonly TimeSpan Noticing = TimeSpan.FromSeconds(2);

    public override string Name => name;

    public override string Title => title;

    public override TimeSpan Load => Lasting ?? base.Load;

    public override double? Required => OnAll ? null : base.Required;

    /// <summary>Whether all instances are struck, not the first one only.</summary>
    public bool OnAll { get; init; }

    /// <summary>What is the matter with the others, and with the struck one before the strike.</summary>
    public Fault Others { get; init; }

    /// <summary>How much MeshLib may send to the struck instance after <see cref="Noticing"/>.</summary>
    public double? Avoided { get; init; }

    public override double? MostToStruck => Avoided;

    /// <summary>How long the load lasts, where the usual time would not show what comes of the fault.</summary>
    public TimeSpan? Lasting { get; init; }

    public override async Task PlayAsync(Scene scene)
    {
        var struck = OnAll ? scene.Instances : [scene.Instances[0]];
        await scene.SetFaultAsync(scene.Instances, Others);
        await scene.AtAsync(Strike);
        await scene.SetFaultAsync(struck, fault);
        if (Avoided is not null)
        {
            await scene.AtAsync(Strike + Noticing);
            scene.CountWhatReaches(struck[0]);
        }
    }

    public override Task RepairAsync(Scene scene) => scene.SetFaultAsync(scene.Instances, Fault.None);
}
