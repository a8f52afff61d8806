using System.Text.Json.Nodes;
using MeshLib.TestKit;

namespace MeshLib.Consul.Tests;

/// <summary>What an agent does with registrations, as far as the tests on virtual time need it: entries, TTL checks and the catalogue's view of them.</summary>
internal sealed class AgentModel(TimeProvider time)
{
    private readonly Dictionary<string, Entry> _entries = [];

    public string NodeName { get; } = "n1";

    public JsonObject NodeMeta { get; } = [];

    /// <summary>Nothing answers.</summary>
    public bool Down { get; set; }

    /// <summary>The agent takes everything and its servers refuse it.</summary>
    public bool Unlisted { get; set; }

    /// <summary>Answers in the agent's place, where it returns one.</summary>
    public Func<ScriptedConsulRequest, HttpResponseMessage?> Intercept { get; set; } = static _ => null;

    /// <summary>How an unknown check is answered: 500 by Consul 1.8, 404 by newer ones.</summary>
    public int UnknownCheckStatus { get; set; } = 500;

    public IReadOnlyCollection<string> Ids => _entries.Keys;

    /// <summary>Rows of the catalogue that came from elsewhere.</summary>
    public List<JsonObject> OtherRows { get; } = [];

    /// <summary>Restarts without data.</summary>
    public void Forget() => _entries.Clear();

    public string StatusOf(string id)
    {
        var entry = _entries[id];
        return time.GetElapsedTime(entry.RenewedAt) > entry.Ttl ? CheckStatus.Critical : entry.Status;
    }

    public JsonObject DefinitionOf(string id) => _entries[id].Definition;

    public HttpResponseMessage Answer(ScriptedConsulRequest request)
    {
        if (Down)
        {
            throw TransportErrors.Refused();
        }

        var last = Uri.UnescapeDataString(request.Path.Split('/')[^1]);
        return Intercept(request) ?? (request.Path switch
        {
            "/v1/agent/self" => ScriptedConsulHandler.Json(new JsonObject { ["Config"] = new JsonObject { [nameof(NodeName)] = NodeName }, ["Meta"] = NodeMeta.DeepClone() }.ToJsonString(), 0),
            "/v1/agent/service/register" => Register(JsonNode.Parse(request.Body)!.AsObject()),
            _ when request.Path.StartsWith("/v1/agent/check/update/", StringComparison.Ordinal) => Update(last, JsonNode.Parse(request.Body)!["Status"]!.GetValue<string>()),
            _ when request.Path.StartsWith("/v1/agent/service/deregister/", StringComparison.Ordinal) => Deregister(last),
            _ when request.Path.StartsWith("/v1/health/service/", StringComparison.Ordinal) => ScriptedConsulHandler.Json(Rows(request.Query["filter"]).ToJsonString(), 9),
            _ => ScriptedConsulHandler.Error(404, "no such path"),
        });
    }

    private HttpResponseMessage Register(JsonObject definition)
    {
        var check = definition["Check"]!;
        var id = definition["ID"]!.GetValue<string>();
        var text = check["TTL"]!.GetValue<string>();

        // As Consul does: the status of a check that is known stays.
        var status = _entries.ContainsKey(id) ? StatusOf(id) : check["Status"]!.GetValue<string>();
        _entries[id] = new Entry(definition, TimeSpan.FromSeconds(int.Parse(text.TrimEnd('s'), System.Globalization.CultureInfo.InvariantCulture)), status, time.GetTimestamp());
        return ScriptedConsulHandler.Json("", 0);
    }

    private HttpResponseMessage Update(string checkId, string status)
    {
        var (id, entry) = _entries.FirstOrDefault(pair => pair.Value.Definition["Check"]!["CheckID"]!.GetValue<string>() == checkId);
        if (entry is null)
        {
            return ScriptedConsulHandler.Error(UnknownCheckStatus, UnknownCheckStatus == 500 ? $"CheckID \"{checkId}\" does not have associated TTL" : $"Unknown check ID \"{checkId}\"");
        }

        _entries[id] = entry with { Status = status, RenewedAt = time.GetTimestamp() };
        return ScriptedConsulHandler.Json("", 0);
    }

    private HttpResponseMessage Deregister(string id)
    {
        _entries.Remove(id);
        OtherRows.RemoveAll(row => row["Service"]!["ID"]!.GetValue<string>() == id);
        return ScriptedConsulHandler.Json("", 0);
    }

    private JsonArray Rows(string filter)
    {
        var own = Unlisted
            ? []
            : _entries.Values.Select(entry => TestConsul.Row(
                entry.Definition["ID"]!.GetValue<string>(),
                entry.Definition["Port"]!.GetValue<int>(),
                StatusOf(entry.Definition["ID"]!.GetValue<string>()),
                address: entry.Definition["Address"]?.GetValue<string>() ?? "",
                node: NodeName));
        return [.. own.Concat(OtherRows.Select(static row => row.DeepClone().AsObject())).Where(row => filter == $"Service.Port == {row["Service"]!["Port"]}")];
    }

    private sealed record Entry(JsonObject Definition, TimeSpan Ttl, string Status, long RenewedAt);
}
