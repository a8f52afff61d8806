using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace MeshLib;

/// <summary>
/// Finds services and clients in section <c>Mesh</c> that nothing else in the host names. That is most likely a typing error, and never certainly one: a client may ask for any
/// service by its address, and the factory tells nobody what clients it has.
/// </summary>
internal sealed class UnknownNames
{
    private readonly string[] _clients;
    private readonly string[] _services;
    private readonly ILookup<string, string> _clientsByService;
    private readonly bool _clientsOfAnyName;
    private readonly bool _clientsOfAnyService;
    private readonly IConfiguration? _configuration;

    public UnknownNames(IEnumerable<MeshClientRegistration> clients, IEnumerable<StaticEndpoints> endpoints, IOptions<MeshOptions> options, IConfiguration? configuration = null)
    {
        var registered = clients.ToList();
        var code = options.Value;
        _clients = Distinct(registered.Select(static client => client.Client).Concat(code.Clients.Select(static client => client.Key)));
        _services = Distinct(registered.Select(static client => client.Service).Concat(endpoints.Select(static service => service.Service)).Concat(code.Services.Select(static service => service.Key)));
        _clientsByService = registered
            .Where(static client => client is { Client: not null, Service: not null })
            .ToLookup(static client => client.Service!, static client => client.Client!, StringComparer.OrdinalIgnoreCase);
        _clientsOfAnyName = registered.Any(static client => client.Client is null);
        _clientsOfAnyService = registered.Any(static client => client.Service is null);
        _configuration = configuration;
    }

    /// <summary>A sentence for each such name, with the one that was probably meant.</summary>
    public IEnumerable<string> In(IEnumerable<PolicyLayer> layers)
    {
        // Microsoft's section of addresses names services too.
        var services = Distinct([.. _services, .. _configuration?.GetSection("Services").GetChildren().Select(static service => service.Key) ?? []]);
        foreach (var layer in layers.Where(static layer => layer.IsSection))
        {
            if (layer.Level == PolicyLevel.Service && Hint(layer.Name, services, _clientsOfAnyService || layer.Name.Contains('.', StringComparison.Ordinal)) is { } service)
            {
                yield return $"{layer.Source} is for a service that no client and no code names. {service} It holds only for clients that ask for {layer.Name} by its address.";
            }
            else if (layer.Level == PolicyLevel.Client && HintOfClient(layer.Name) is { } client)
            {
                yield return $"{layer.Source} is for a client that was not added to the mesh by this name. {client}";
            }
        }
    }

    private static string[] Distinct(IEnumerable<string?> names) => [.. names.OfType<string>().Distinct(StringComparer.OrdinalIgnoreCase)];

    // Where names may come up that nobody has registered, only one that is nearly known is worth a word; and who knows none cannot judge.
    private static string? Hint(string name, string[] known, bool anyMayCome) =>
        known.Length == 0 || known.Contains(name, StringComparer.OrdinalIgnoreCase) || (anyMayCome && NearestName.Of(name, known) is null) ? null : NearestName.Hint(name, known);

    private string? HintOfClient(string name) =>
        !_clients.Contains(name, StringComparer.OrdinalIgnoreCase) && _clientsByService.Contains(name)
            ? $"A client goes by its name in the factory; for {name} that is {string.Join(", ", _clientsByService[name])}."
            : Hint(name, _clients, _clientsOfAnyName);
}
