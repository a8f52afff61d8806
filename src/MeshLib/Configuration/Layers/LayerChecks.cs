namespace MeshLib;

/// <summary>Finds the mistakes in layers and between them, all of them.</summary>
internal sealed class LayerChecks(IReadOnlyCollection<string> balancers)
{
    private static readonly PolicyOption<string> Balancer = PolicyTable.Get<string>("LoadBalancing:Policy");

    /// <summary>Checks each layer, and each merge that calls can meet.</summary>
    /// <param name="layers">All layers in the order of their sources.</param>
    /// <param name="pairs">The clients that are known to call a service.</param>
    public IEnumerable<string> Check(IReadOnlyCollection<PolicyLayer> layers, IEnumerable<(string Service, string Client)> pairs)
    {
        var problems = layers.SelectMany(Check).ToList();
        foreach (var (service, client) in Named(PolicyLevel.Service, static name => (name, "")).Concat(Named(PolicyLevel.Client, static name => ("", name))).Concat(pairs).Prepend(("", "")))
        {
            PolicyLayers.Merge(PolicyLayers.For(layers, service, client), problems);
        }

        return problems.Distinct();

        IEnumerable<(string, string)> Named(PolicyLevel level, Func<string, (string, string)> pair) => layers.Where(layer => layer.Level == level).Select(layer => pair(layer.Name));
    }

    private IEnumerable<string> Check(PolicyLayer layer)
    {
        foreach (var option in PolicyTable.Options)
        {
            if (option.Print(layer.Policy) is not { } texts)
            {
                continue;
            }

            var value = string.Join(", ", texts);
            if (!option.Allows(layer.Policy))
            {
                yield return $"{Place(layer, option)} = {value} is not allowed; allowed is {option.Allowed}.";
            }
            else if (option == Balancer && !balancers.Contains(value, StringComparer.OrdinalIgnoreCase))
            {
                yield return $"{Place(layer, option)} = {value} is no known balancer. {NearestName.Hint(value, balancers)}";
            }

            if (layer.Level == PolicyLevel.Client && option.Scope == OptionScope.Service)
            {
                yield return $"{Place(layer, option)} = {value} is state that all clients of a service share, so client '{layer.Name}' cannot set it; "
                    + $"it belongs in Mesh:Services:<service>:{option.Path} or AddMesh(o => o.Services[\"<service>\"].{option.Path.Replace(':', '.')}).";
            }
        }
    }

    private static string Place(PolicyLayer layer, PolicyOption option) => layer.IsSection ? layer.OriginOf(option) : $"{layer.Source}: {option.Path}";
}
