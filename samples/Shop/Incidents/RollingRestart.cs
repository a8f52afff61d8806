namespace Shop.Incidents;

/// <summary>A deployment: one instance after the other gets SIGTERM, drains, ends, and is replaced at another address.</summary>
internal sealed class RollingRestart : Incident
{
    public override string Name => "rolling-restart";

    public override string Title => "rolling restart";

    public override double? Required => 100;

    public override async Task PlayAsync(Scene scene)
    {
        await scene.AtAsync(Strike);
        foreach (var instance in scene.Instances)
        {
            await scene.Fleet.RestartAsync(instance, scene.Cancelled);
        }
    }
}
