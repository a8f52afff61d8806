using System.Net;

namespace MeshLib.Consul;

/// <summary>
/// Chooses the address to register: explicit before the server's before the interface that routes to the agent; never a wildcard, and loopback only
/// with an agent on loopback.
/// </summary>
/// <param name="options">What was set by hand.</param>
/// <param name="agent">Where the agent is.</param>
/// <param name="routeToAgent">Finds the address of the interface that routes to the agent.</param>
internal sealed class AddressChoice(RegistrationOptions options, ConsulAddress agent, Func<CancellationToken, Task<IPAddress>> routeToAgent)
{
    /// <param name="listening">The addresses that the server is bound to; empty when it listens nowhere.</param>
    /// <param name="cancellationToken">Ends the search for a route.</param>
    /// <returns>The address, or <see langword="null"/> when nobody else could reach this process at any.</returns>
    /// <exception cref="System.Net.Sockets.SocketException">No interface routes to the agent now.</exception>
    public async Task<InstanceAddress?> ChooseAsync(IReadOnlyList<Uri> listening, CancellationToken cancellationToken)
    {
        var bound = listening
            .Where(static uri => uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
            .Where(static uri => uri.Host is not ("unix" or "pipe") && uri.Port > 0)
            .Where(uri => options.Port is null || uri.Port == options.Port)
            .Where(uri => options.Address is not null || agent.IsLoopback || !ListenHost.IsLoopback(uri.Host))

            // One interface on purpose before all of them, this machine alone last; plain HTTP first, since callers say http:// unless told otherwise.
            .OrderBy(static uri => ListenHost.IsLoopback(uri.Host) ? 2 : ListenHost.IsWildcard(uri.DnsSafeHost) ? 1 : 0)
            .ThenBy(static uri => uri.Scheme == Uri.UriSchemeHttp ? 0 : 1)
            .FirstOrDefault();

        // A port that this process does not listen on itself is one that something before it does: a published port, a proxy, a worker's own listener.
        if (bound is null && options.Port is null)
        {
            return null;
        }

        return new InstanceAddress(
            await HostAsync(bound, cancellationToken).ConfigureAwait(false),
            options.Port ?? bound!.Port,
            bound?.Scheme ?? Uri.UriSchemeHttp);
    }

    private async ValueTask<string?> HostAsync(Uri? bound, CancellationToken cancellationToken)
    {
        if (options.Address is { } address)
        {
            return address;
        }

        if (bound is not null && !ListenHost.IsWildcard(bound.DnsSafeHost))
        {
            return ListenHost.Of(bound);
        }

        // What routes to an agent on this machine is the loopback interface, which is no address for others: the agent knows a better one.
        return agent.IsLoopback ? null : (await routeToAgent(cancellationToken).ConfigureAwait(false)).ToString();
    }
}
