namespace MeshLib.Consul;

/// <summary>One request: what to ask, and how long the whole answer may take, its body included.</summary>
/// <param name="Method">The verb.</param>
/// <param name="Path">Path and query below the agent's address, escaped.</param>
/// <param name="Limit">The time limit of the whole exchange.</param>
internal readonly record struct ConsulRequest(HttpMethod Method, string Path, TimeSpan Limit)
{
    /// <summary>A JSON body, or <see langword="null"/>.</summary>
    public byte[]? Body { get; init; }

    /// <summary>Whether this may wait for a change; such requests have connections of their own.</summary>
    public bool Blocking { get; init; }

    /// <summary>What may be shown of it: without the query.</summary>
    public string Display => Path.IndexOf('?', StringComparison.Ordinal) is var end and >= 0 ? $"{Method} /{Path[..end]}" : $"{Method} /{Path}";
}
