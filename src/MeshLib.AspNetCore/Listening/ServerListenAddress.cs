using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace MeshLib.AspNetCore;

/// <summary>The addresses that the web server is bound to, once it is: the server reports them, with the ports the system chose, when it has started.</summary>
internal sealed class ServerListenAddress(IHostApplicationLifetime lifetime, IServer? server = null) : IMeshListenAddress
{
    public async Task<IReadOnlyList<Uri>> WaitAsync(CancellationToken cancellationToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (lifetime.ApplicationStarted.UnsafeRegister(static started => ((TaskCompletionSource)started!).TrySetResult(), started).ConfigureAwait(false))
        {
            await started.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        var addresses = server?.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        return [.. addresses.Select(AsUri).OfType<Uri>()];
    }

    // Nobody on another machine can call a Unix socket or a named pipe.
    private static Uri? AsUri(string text)
    {
        var address = BindingAddress.Parse(text);
        if (address.IsUnixPipe || address.IsNamedPipe)
        {
            return null;
        }

        // A host of * or +, which is no host of a URI, means any address.
        var host = address.Host is "*" or "+" ? "[::]" : address.Host;
        return new UriBuilder(address.Scheme, host, address.Port).Uri;
    }
}
