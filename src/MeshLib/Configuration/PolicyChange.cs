namespace MeshLib;

/// <summary>From one generation of policies to the next.</summary>
internal readonly record struct PolicyChange(PolicySet Before, PolicySet After)
{
    /// <summary>The services named in code or configuration, before or after, that the change affects. Others may be affected as well, when the defaults changed: ask <see cref="Affects"/>.</summary>
    public IReadOnlyCollection<string> Services => [.. Before.DeclaredServices.Union(After.DeclaredServices, StringComparer.OrdinalIgnoreCase).Where(Affects)];

    /// <summary>Whether anything is different for calls to <paramref name="service"/>: its policy, that of one of its clients, or whether it is declared.</summary>
    public bool Affects(string service)
    {
        var (before, after) = this;
        return before.IsDeclared(service) != after.IsDeclared(service)
            || before.ForService(service) != after.ForService(service)
            || before.Clients.Union(after.Clients, StringComparer.OrdinalIgnoreCase).Any(client => before.ForClient(service, client) != after.ForClient(service, client));
    }
}
