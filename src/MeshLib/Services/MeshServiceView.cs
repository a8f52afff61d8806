namespace MeshLib;

/// <summary>A service as the mesh sees it at one moment.</summary>
/// <param name="Name">The service's name.</param>
/// <param name="Resolved">Whether discovery has answered with a list, empty or not.</param>
/// <param name="StaleFor">For how long the list may have been out of date; zero while it is fresh.</param>
/// <param name="Panic">Whether so few endpoints are healthy that unhealthy ones get traffic too.</param>
/// <param name="RetryBudget">Retries that the budget would allow now.</param>
/// <param name="InFlight">Calls that hold a permit of the service's bulkhead now, streams aside.</param>
/// <param name="Endpoints">The known endpoints.</param>
public sealed record MeshServiceView(
    string Name, bool Resolved, TimeSpan StaleFor, bool Panic, double RetryBudget, int InFlight, IReadOnlyList<MeshEndpoint> Endpoints);
