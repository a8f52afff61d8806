namespace MeshLib.TestKit;

/// <summary>A request as the scripted Consul received it.</summary>
public sealed record ScriptedConsulRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public string Path => Target.Split('?', 2)[0];

    public IReadOnlyDictionary<string, string> Query { get; } = Target.Contains('?', StringComparison.Ordinal)
        ? Target.Split('?', 2)[1].Split('&').Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => Uri.UnescapeDataString(pair.ElementAtOrDefault(1) ?? ""))
        : new Dictionary<string, string>();

    /// <summary>The index that the request blocks on; 0 for one that wants an answer at once.</summary>
    public ulong Index => Query.TryGetValue("index", out var text) && ulong.TryParse(text, out var index) ? index : 0;
}
