using Microsoft.Extensions.Hosting;

namespace MeshLib;

/// <summary>
/// The addresses of whatever server this host turns out to have. The server half fills it in when the pipeline is built, because only then does anybody know of a server;
/// a host that has started without is one that listens nowhere.
/// </summary>
internal sealed class ListenAddress(IHostApplicationLifetime? lifetime = null) : IMeshListenAddress
{
    private volatile Func<IReadOnlyList<Uri>>? _server;

    /// <summary>Says where to ask once the host has started.</summary>
    public void Use(Func<IReadOnlyList<Uri>> server) => _server = server;

    public async Task<IReadOnlyList<Uri>> WaitAsync(CancellationToken cancellationToken)
    {
        if (lifetime is not null)
        {
            var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using (lifetime.ApplicationStarted.UnsafeRegister(static started => ((TaskCompletionSource)started!).TrySetResult(), started).ConfigureAwait(false))
            {
                await started.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        return _server?.Invoke() ?? [];
    }
}
