namespace MeshLib.Consul;

/// <summary>The body of <c>/v1/agent/check/update/:id</c>.</summary>
internal sealed record AgentCheckUpdate(string Status, string Output);

/// <summary>The three states of a check, as Consul writes them.</summary>
internal static class CheckStatus
{
    public const string Passing = "passing";
    public const string Warning = "warning";
    public const string Critical = "critical";
}
