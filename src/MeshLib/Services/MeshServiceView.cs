namespace MeshLib;

/// <summary>A service as the mesh sees it at one moment.</summary>
/// <param name="Name">The service's name.</param>
/// <param name="Resolved">Whether discovery has answered with a list, empty or not, for everything of the service that is called: its named endpoints, schemes and ports too.</param>
/// <param name="StaleFor">For how long the oldest of its lists may have been out of date; zero while they are fresh.</param>
/// <param name="Panic">Whether so few endpoints are healthy that unhealthy ones get traffic too.</param>
/// <param name="RetryBudget">Retries that the budget would allow now.</param>
/// <param name="InFlight">Calls that hold a permit of the service's bulkhead now, streams aside.</param>
/// <param name="Endpoints">The known endpoints.</param>
public sealed record MeshServiceView(
    string Name, bool Resolved, TimeSpan StaleFor, bool Panic, double RetryBudget, int InFlight, IReadOnlyList<MeshEndpoint> Endpoints)
{
    /// <summary>The share of calls, from 0 to 1, that is meant for instances in <see cref="IMeshDirectory.Zone"/>; <see langword="null"/> while zones are not in play.</summary>
    public double? LocalShare { get; init; }
}
