namespace MeshLib;

/// <summary>What every watch of a process shares.</summary>
/// <param name="Clock">The mesh's clock.</param>
/// <param name="Random">Spreads the back-off.</param>
/// <param name="RefreshPeriod">How often providers without change tokens are asked: Microsoft's <c>ServiceDiscoveryOptions.RefreshPeriod</c>.</param>
internal sealed record WatchSettings(MonotonicClock Clock, Random Random, TimeSpan RefreshPeriod);
