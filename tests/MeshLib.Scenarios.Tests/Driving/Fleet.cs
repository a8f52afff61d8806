namespace MeshLib.Scenarios.Tests;

/// <summary>The instances of one service, as fault servers on loopback.</summary>
internal sealed class Fleet : IAsyncDisposable
{
    private readonly FaultServer[] _servers;

    public Fleet(int size, Fault? fault = null) => _servers = [.. Enumerable.Range(0, size).Select(_ => new FaultServer(fault))];

    public FaultServer this[int index] => _servers[index];

    public IReadOnlyList<Uri> Addresses => [.. _servers.Select(server => server.Address)];

    public IReadOnlyList<ServerCounts> Counts => [.. _servers.Select(server => server.Counts)];

    /// <summary>Attempts that reached any instance.</summary>
    public int Requests => _servers.Sum(server => server.Counts.Requests);

    public Fault Fault
    {
        set => Array.ForEach(_servers, server => server.Fault = value);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
    }
}
