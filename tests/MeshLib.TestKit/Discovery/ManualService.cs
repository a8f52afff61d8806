using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib.TestKit;

/// <summary>The present state of one service in a <see cref="ManualEndpointSource"/>. Thread-safe.</summary>
internal sealed class ManualService
{
    private readonly Lock _gate = new();
    private readonly List<Action<IFeatureCollection>> _features = [];
    private ConfigurationReloadToken _changed = new();
    private TaskCompletionSource? _hang;
    private Exception? _failure;
    private IReadOnlyList<ServiceEndpoint> _endpoints = [];
    private int _populates;
    private int _hanging;

    public int Populates => Volatile.Read(ref _populates);

    public int Hanging => Volatile.Read(ref _hanging);

    public void Publish(IReadOnlyList<ServiceEndpoint> endpoints) => Change(() => (_endpoints, _failure) = (endpoints, null));

    public void Fail(Exception exception) => Change(() => _failure = exception);

    public void Resume() => Change(() => _failure = null);

    public void Signal() => Change(static () => { });

    public void Hang()
    {
        lock (_gate)
        {
            _hang ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public void SetFeature<T>(T feature)
        where T : class
    {
        lock (_gate)
        {
            _features.Add(features => features.Set(feature));
        }
    }

    public async ValueTask PopulateAsync(IServiceEndpointBuilder builder, bool pushesChanges, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _populates);
        await HangIfToldAsync(cancellationToken).ConfigureAwait(false);
        lock (_gate)
        {
            if (_failure is { } failure)
            {
                throw failure;
            }

            foreach (var endpoint in _endpoints)
            {
                builder.Endpoints.Add(endpoint);
            }

            foreach (var feature in _features)
            {
                feature(builder.Features);
            }

            if (pushesChanges)
            {
                builder.AddChangeToken(_changed);
            }
        }
    }

    private async Task HangIfToldAsync(CancellationToken cancellationToken)
    {
        Task? hang;
        lock (_gate)
        {
            hang = _hang?.Task;
        }

        if (hang is null)
        {
            return;
        }

        Interlocked.Increment(ref _hanging);
        try
        {
            await hang.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _hanging);
        }
    }

    private void Change(Action change)
    {
        ConfigurationReloadToken before;
        TaskCompletionSource? hang;
        lock (_gate)
        {
            change();
            (hang, _hang) = (_hang, null);
            (before, _changed) = (_changed, new ConfigurationReloadToken());
        }

        // Outside the lock: a change token runs its consumers' callbacks here and now, and they may populate at once.
        hang?.TrySetResult();
        before.OnReload();
    }
}
