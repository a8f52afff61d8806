namespace MeshLib;

internal sealed class MeshDirectory(MeshServices services) : IMeshDirectory
{
    public string? Zone => services.Zone;

    public IReadOnlyList<MeshServiceView> Services =>
        [.. services.DeclaredNames.Concat(services.Services.Select(static service => service.Name))
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .Order(StringComparer.OrdinalIgnoreCase)
            .Select(View)];

    public async Task WarmUpAsync(IEnumerable<string> names, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(names);
        string[] wanted = [.. names];
        EndpointSetKey[] keys = [.. wanted.Length == 0 ? services.DeclaredKeys : wanted.Select(KeyOf)];
        var sets = keys.Select(key => services.Find(key)).OfType<EndpointSet>();
        await Task.WhenAll(sets.Select(static set => set.Ready)).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public void Eject(string service, Uri address)
    {
        // First the order, then the sets: one that comes into being meanwhile finds the order.
        var known = Find(service, address);
        known.Withdrawn.Add(address);
        Change(known, set => set.TakeOut(address, EndpointState.Withdrawn));
    }

    public void Drain(string service, Uri address) => Change(Find(service, address), set => set.TakeOut(address, EndpointState.Draining));

    public void Restore(string service, Uri address)
    {
        var known = Find(service, address);
        known.Withdrawn.Remove(address);
        Change(known, set => set.Restore(address));
    }

    // An instance may be an endpoint of several sets of its service, such as those of http and of https+http: an order holds for all of them.
    private void Change(MeshService service, Action<EndpointSet> change)
    {
        foreach (var set in services.Sets.Where(set => ReferenceEquals(set.Service, service)))
        {
            change(set);
        }
    }

    private MeshService Find(string service, Uri address)
    {
        ArgumentException.ThrowIfNullOrEmpty(service);
        ArgumentNullException.ThrowIfNull(address);
        var sets = services.Sets.Where(set => string.Equals(set.Service.Name, service, StringComparison.OrdinalIgnoreCase) && set.Snapshot is { PassThrough: false }).ToList();
        if (sets.Count == 0)
        {
            var known = services.Services.Select(static known => known.Name).Order(StringComparer.OrdinalIgnoreCase).ToList();
            throw new ArgumentException($"'{service}' is no service that the mesh has resolved; {(known.Count == 0 ? "none is" : $"those are {string.Join(", ", known)}")}.", nameof(service));
        }

        if (!sets[0].Service.Withdrawn.Contains(address) && sets.TrueForAll(set => set.Snapshot!.Find(address) is null))
        {
            var known = sets.SelectMany(static set => set.Snapshot!.All).Select(static endpoint => endpoint.Prefix).Distinct().ToList();
            throw new ArgumentException($"'{address}' is no endpoint of '{service}'; {(known.Count == 0 ? "it has none" : $"known are {string.Join(", ", known)}")}.", nameof(address));
        }

        return sets[0].Service;
    }

    private static EndpointSetKey KeyOf(string name) =>
        Uri.TryCreate(name.Contains("://", StringComparison.Ordinal) ? name : $"http://{name}", UriKind.Absolute, out var address)
            ? EndpointSetKey.Of(address)
            : throw new ArgumentException($"'{name}' is no service: a name such as orders, _admin.orders or https+http://orders is needed.", nameof(name));

    private MeshServiceView View(string name)
    {
        var sets = services.Sets.Where(set => string.Equals(set.Service.Name, name, StringComparison.OrdinalIgnoreCase)).ToArray();
        var service = sets.FirstOrDefault()?.Service;
        var answers = sets.Select(static set => set.Snapshot).Where(static snapshot => snapshot is not { PassThrough: true }).ToArray();
        var snapshots = answers.OfType<EndpointSnapshot>().ToArray();

        // A service is as well as the worst of its endpoint sets: a client that calls _admin.orders is not helped by what is known of orders.
        return new(
            name,
            answers.Length > 0 && answers.All(static snapshot => snapshot is { Problem: null }),
            sets.Length == 0 ? TimeSpan.Zero : sets.Max(static set => set.StaleFor),
            snapshots.Any(static snapshot => snapshot.Panic),
            service?.Budget.Balance ?? 0,
            service?.Bulkhead.InUse ?? 0,
            [.. snapshots.SelectMany(static snapshot => snapshot.All)])
        {
            LocalShare = snapshots.Min(static snapshot => snapshot.LocalShare),
        };
    }
}
