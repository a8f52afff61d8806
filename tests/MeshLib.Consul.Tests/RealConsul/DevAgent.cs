using MeshLib.TestKit;

namespace MeshLib.Consul.Tests;

/// <summary>One real agent for all tests of a class; each of them uses services of its own.</summary>
public sealed class DevAgent : IAsyncLifetime
{
    private ConsulAgent? _agent;

    public ConsulAgent Agent => _agent!;

    public async ValueTask InitializeAsync() => _agent = await ConsulAgent.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_agent is not null)
        {
            await _agent.DisposeAsync();
        }
    }
}
