using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Hosting;

namespace MeshLib.Consul.Tests;

/// <summary>Where Kestrel listens, without the server half of the mesh, on which these tests do not depend.</summary>
internal sealed class ServerListenAddress(IServer server, IHostApplicationLifetime lifetime) : IMeshListenAddress
{
    public async Task<IReadOnlyList<Uri>> WaitAsync(CancellationToken cancellationToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(cancellationToken);
        return [.. server.Features.Get<IServerAddressesFeature>()!.Addresses.Select(static address => new Uri(address))];
    }
}
