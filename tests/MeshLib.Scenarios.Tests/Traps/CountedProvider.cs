using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.Extensions.Primitives;
using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib.Scenarios.Tests.Traps;

/// <summary>A provider with one endpoint and a change token that never fires, but counts who listens to it.</summary>
internal sealed class CountedProvider : IServiceEndpointProviderFactory, IServiceEndpointProvider, IChangeToken
{
    private int _created;
    private int _registrations;

    public int Created => Volatile.Read(ref _created);

    public int LiveRegistrations => Volatile.Read(ref _registrations);

    public bool HasChanged => false;

    public bool ActiveChangeCallbacks => true;

    public bool TryCreateProvider(ServiceEndpointQuery query, [NotNullWhen(true)] out IServiceEndpointProvider? provider)
    {
        Interlocked.Increment(ref _created);
        provider = this;
        return true;
    }

    public ValueTask PopulateAsync(IServiceEndpointBuilder endpoints, CancellationToken cancellationToken)
    {
        endpoints.Endpoints.Add(ServiceEndpoint.Create(new IPEndPoint(IPAddress.Parse("10.0.0.1"), 8080)));
        endpoints.AddChangeToken(this);
        return ValueTask.CompletedTask;
    }

    public IDisposable RegisterChangeCallback(Action<object?> callback, object? state)
    {
        Interlocked.Increment(ref _registrations);
        return new Registration(this);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class Registration(CountedProvider provider) : IDisposable
    {
        private int _gone;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _gone, 1) == 0)
            {
                Interlocked.Decrement(ref provider._registrations);
            }
        }
    }
}
