namespace MeshLib;

internal sealed class MeshDirectory(MeshServices services) : IMeshDirectory
{
    public IReadOnlyList<MeshServiceView> Services =>
        [.. services.DeclaredNames.Concat(services.Services.Select(static service => service.Name))
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .Order(StringComparer.OrdinalIgnoreCase)
            .Select(View)];

    public async Task WarmUpAsync(IEnumerable<string> names, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(names);
        string[] wanted = [.. names];
        var sets = (wanted.Length == 0 ? services.DeclaredNames : wanted)
            .Select(name => services.Find(EndpointSetKey.Of(new Uri(name.Contains("://", StringComparison.Ordinal) ? name : $"http://{name}"))))
            .OfType<EndpointSet>();
        await Task.WhenAll(sets.Select(static set => set.Ready)).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private MeshServiceView View(string name)
    {
        var service = services.Services.FirstOrDefault(service => string.Equals(service.Name, name, StringComparison.OrdinalIgnoreCase));
        var sets = services.Sets.Where(set => ReferenceEquals(set.Service, service)).ToArray();
        var snapshots = sets.Select(static set => set.Snapshot).OfType<EndpointSnapshot>().Where(static snapshot => snapshot is { PassThrough: false }).ToArray();
        return new(
            name,
            snapshots.Any(static snapshot => snapshot.Problem is null),
            sets.Length == 0 ? TimeSpan.Zero : sets.Max(static set => set.StaleFor),
            snapshots.Any(static snapshot => snapshot.Panic),
            service?.Budget.Balance ?? 0,
            service?.Bulkhead.InUse ?? 0,
            [.. snapshots.SelectMany(static snapshot => snapshot.All)]);
    }
}
