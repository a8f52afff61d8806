namespace Shop.Measurement;

/// <summary>MeshLib, as it comes.</summary>
internal sealed class MeshStack : Stack
{
    public override string Name => "mesh";

    public override string Settings =>
        $"AddMesh() and AddMeshClient(\"{Client}\"); no option set (3 attempts from 25 ms within a budget of 10 % of the calls; a breaker for each instance; "
        + "failure-penalised PeakEwma; total 30 s, attempt 3 s)";

    protected override void AddClient(IServiceCollection services) => services.AddMeshClient(Client);
}
