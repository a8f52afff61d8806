namespace Shop.Incidents;

/// <summary>Nothing happens.</summary>
internal sealed class Healthy : Incident
{
    public override string Name => "healthy";

    public override string Title => "all healthy";

    public override Task PlayAsync(Scene scene) => Task.CompletedTask;
}
