using System.Text.Json.Nodes;

namespace MeshLib.TestKit;

/// <summary>The part of a catalogue that a scripted Consul answers from: blocking queries that wake when something changes.</summary>
public sealed class ScriptedConsulCatalog
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, JsonArray> _services = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong _index = 10;

    /// <summary>Replaces the rows of a service and wakes everyone who waits.</summary>
    public void Set(string service, params JsonNode[] rows)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            _services[service] = new JsonArray([.. rows.Select(row => row.DeepClone())]);
            _index++;
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
    }

    /// <summary>Answers a health query as Consul does; a wait that runs out is not played.</summary>
    public async Task<ScriptedConsulWriter> AnswerAsync(ScriptedConsulRequest request)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (request.Index < _index)
                {
                    var rows = _services.GetValueOrDefault(Uri.UnescapeDataString(request.Path.Split('/')[^1]));
                    return ScriptedConsulReply.Json(rows?.ToJsonString() ?? "[]", _index);
                }

                changed = _changed.Task;
            }

            await changed;
        }
    }

    /// <summary>One row as Consul 1.8 writes it.</summary>
    public static JsonObject Row(string service, string id, string address, int port, string status = "passing", JsonObject? meta = null, string node = "n1") => new()
    {
        ["Node"] = new JsonObject { ["ID"] = "", ["Node"] = node, ["Address"] = "127.0.0.9", ["Datacenter"] = "dc1", ["TaggedAddresses"] = null, ["Meta"] = null },
        ["Service"] = new JsonObject
        {
            ["ID"] = id,
            ["Service"] = service,
            ["Tags"] = new JsonArray("v1"),
            ["Address"] = address,
            ["Meta"] = meta?.DeepClone(),
            ["Port"] = port,
            ["Weights"] = new JsonObject { ["Passing"] = 1, ["Warning"] = 1 },
            ["EnableTagOverride"] = false,
            ["Proxy"] = new JsonObject { ["MeshGateway"] = new JsonObject() },
        },
        ["Checks"] = new JsonArray(
            new JsonObject { ["Node"] = node, ["CheckID"] = "serfHealth", ["Status"] = "passing", ["ServiceID"] = "", ["ServiceTags"] = new JsonArray(), ["Definition"] = new JsonObject() },
            new JsonObject { ["Node"] = node, ["CheckID"] = id + ":ttl", ["Status"] = status, ["ServiceID"] = id, ["ServiceTags"] = null }),
    };
}
