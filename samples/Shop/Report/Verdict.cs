using System.Globalization;
using System.Text.Json.Nodes;
using Shop.Incidents;
using Shop.Measurement;
using Spectre.Console;

namespace Shop.Report;

/// <summary>Whether MeshLib did what the demo demands of it.</summary>
internal sealed class Verdict
{
    private readonly IReadOnlyList<Judgement> _judgements;
    private readonly IReadOnlyList<string> _unjudged;

    public Verdict(Scoreboard scoreboard)
    {
        _judgements = [.. from incident in scoreboard.Incidents
                          where incident.Required is not null
                          select new Judgement(incident, incident.Required ?? 0, scoreboard.FindMesh(incident))];
        _unjudged = [.. from incident in scoreboard.Incidents where incident.Required is null select incident.Name];
    }

    public bool Passed => _judgements.All(static judgement => judgement.Met);

    private int Met => _judgements.Count(static judgement => judgement.Met);

    public void Write(IAnsiConsole console)
    {
        foreach (var missed in _judgements.Where(static judgement => !judgement.Met))
        {
            console.MarkupLineInterpolated($"[red]{missed}[/]");
        }

        var colour = Passed ? "green" : "red";
        console.MarkupLine($"[bold {colour}]MeshLib met its figure in {Met} of {_judgements.Count} incidents[/]: {string.Join("; ", Demands())}.");
    }

    public JsonObject ToJson() => new()
    {
        ["passed"] = Passed,
        ["met"] = Met,
        ["of"] = _judgements.Count,
        ["missed"] = new JsonArray([.. _judgements.Where(static judgement => !judgement.Met).Select(static judgement => (JsonNode)judgement.Incident.Name)]),
    };

    private IEnumerable<string> Demands()
    {
        foreach (var demand in _judgements.GroupBy(static judgement => judgement.Required).OrderBy(static demand => demand.Key))
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{(demand.Key < 100 ? "≥ " : "")}{demand.Key} % of calls answered in {string.Join(", ", demand.Select(static judgement => judgement.Incident.Name))}");
        }

        foreach (var incident in _judgements.Select(static judgement => judgement.Incident).Where(static incident => incident.MostToStruck is not null))
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"≤ {incident.MostToStruck} % of attempts to the struck instance in {incident.Name}");
        }

        if (_unjudged.Count > 0)
        {
            yield return $"none for {string.Join(", ", _unjudged)}, where no instance is healthy";
        }
    }

    private sealed record Judgement(Incident Incident, double Required, Figures? Mesh)
    {
        public bool Met => Mesh is not null && Answers && Avoids;

        private bool Answers => Mesh?.Success >= Required;

        private bool Avoids => !(Mesh?.ToStruck > Incident.MostToStruck);

        public override string ToString() => Answers
            ? string.Create(CultureInfo.InvariantCulture, $"{Incident.Name}: MeshLib sent {Mesh?.ToStruck:0.00} % of the attempts to the struck instance; {Incident.MostToStruck} % are allowed.")
            : string.Create(CultureInfo.InvariantCulture, $"{Incident.Name}: MeshLib answered {Mesh?.Success:0.000} % of {Mesh?.Requests} calls; {Required} % are demanded.");
    }
}
