using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Primitives;

namespace MeshLib.Testing;

/// <summary>
/// A service of a test: its instances, and its entries in the registry of every host that the test routes to it. Changes reach the mesh as a registry's pushed changes do, at most
/// 50 ms of the host's time later. Thread-safe.
/// </summary>
public sealed class FakeService
{
    private readonly Lock _gate = new();
    private readonly List<FakeInstance> _started = [];
    private volatile FakeInstance[] _listed = [];
    private volatile ConfigurationReloadToken _changed = new();

    /// <summary>A service whose instances answer 200 until they are told otherwise.</summary>
    /// <param name="name">The name, as it stands in request addresses: <c>orders</c>, or <c>_admin.orders</c> for a named endpoint.</param>
    /// <param name="instances">How many instances there are.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is no name of a service.</exception>
    public FakeService(string name, int instances = 1)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentOutOfRangeException.ThrowIfNegative(instances);
        if (!Uri.TryCreate($"http://{name}", UriKind.Absolute, out var address) || !string.Equals(address.Host, name, StringComparison.OrdinalIgnoreCase))
        {
            throw new ArgumentException($"'{name}' is no service: a name such as orders or _admin.orders is needed.", nameof(name));
        }

        Name = name;
        for (var started = 0; started < instances; started++)
        {
            Add();
        }
    }

    /// <summary>The name, as it stands in request addresses.</summary>
    public string Name { get; }

    /// <summary>The instances that the registry lists, in the order in which they were added.</summary>
    public IReadOnlyList<FakeInstance> Instances => _listed;

    internal IChangeToken ChangeToken => _changed;

    /// <summary>One of <see cref="Instances"/>.</summary>
    /// <param name="index">Its place, from 0.</param>
    public FakeInstance this[int index] => _listed[index];

    /// <summary>Tells all listed instances what to answer from now on; see <see cref="FakeInstance.Answers"/>.</summary>
    /// <param name="answers">The answers, one after another for each instance; the last is repeated.</param>
    public FakeService Answers(params FakeAnswer[] answers)
    {
        foreach (var instance in Instances)
        {
            instance.Answers(answers);
        }

        return this;
    }

    /// <summary>Starts an instance, which is listed at once and answers 200.</summary>
    /// <param name="metadata">What the registry says of it.</param>
    /// <returns>The instance.</returns>
    public FakeInstance Add(EndpointMetadata? metadata = null)
    {
        FakeInstance instance;
        lock (_gate)
        {
            instance = new(new Uri($"http://{Name}-{_started.Count}.test"), metadata ?? EndpointMetadata.None, Announce);
            _started.Add(instance);
            _listed = [.. _listed, instance];
        }

        Announce();
        return instance;
    }

    /// <summary>Takes an instance out of the registry. It goes on answering what still reaches it, as an instance does that drains; what it answers then is for its script to say.</summary>
    /// <param name="instance">The instance.</param>
    public void Remove(FakeInstance instance)
    {
        lock (_gate)
        {
            _listed = [.. _listed.Where(listed => listed != instance)];
        }

        Announce();
    }

    internal FakeInstance? Find(string host)
    {
        lock (_gate)
        {
            return _started.Find(instance => string.Equals(instance.Address.Host, host, StringComparison.OrdinalIgnoreCase));
        }
    }

    // Outside of the lock: whoever listens may ask for the list here and now.
    private void Announce() => Interlocked.Exchange(ref _changed, new ConfigurationReloadToken()).OnReload();
}
