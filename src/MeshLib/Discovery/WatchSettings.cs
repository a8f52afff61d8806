namespace MeshLib;

/// <summary>What every watch of a process shares.</summary>
/// <param name="Environment">The mesh's time, its chance for the back-off, and where the loops run.</param>
/// <param name="RefreshPeriod">How often providers without change tokens are asked: Microsoft's <c>ServiceDiscoveryOptions.RefreshPeriod</c>.</param>
internal sealed record WatchSettings(MeshEnvironment Environment, TimeSpan RefreshPeriod)
{
    public MonotonicClock Clock => Environment.Clock;

    public Random Random => Environment.Random;
}
