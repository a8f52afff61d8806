using System.Globalization;

namespace Shop.Report;

/// <summary>What the demo demands of MeshLib.</summary>
internal static class Acceptance
{
    /// <summary>Where it fell short; empty when the demo has passed.</summary>
    public static IReadOnlyList<string> Shortfalls(Scoreboard scoreboard) =>
    [
        .. from incident in scoreboard.Incidents
           let mesh = scoreboard.FindMesh(incident)
           where mesh is not null && incident.Required is { } required && mesh.Success < required
           select string.Create(CultureInfo.InvariantCulture, $"{incident.Name}: MeshLib answered {mesh.Success:0.000} % of {mesh.Requests} calls; {incident.Required} % are demanded."),
    ];
}
