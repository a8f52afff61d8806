using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace MeshLib;

/// <summary>
/// What configuration says of the endpoints that it lists, beside their addresses: <c>Services:{name}:metadata</c>, a list of entries with <c>address</c> (as it stands in the list of endpoints) and
/// <c>zone</c>, <c>version</c>, <c>weight</c>, <c>tags</c>, the keys that a registry has for them. Microsoft's discovery takes that name for one of an endpoint that nobody asks for.
/// </summary>
internal sealed class ConfiguredMetadata
{
    public const string Key = "metadata";

    private const int HeaviestWeight = 65535;

    private static readonly string[] Members = ["address", "zone", "version", "weight", "tags"];

    private readonly Dictionary<ConfiguredPlace, EndpointMetadata> _entries = [];
    private readonly List<string> _mistakes = [];

    private ConfiguredMetadata(IConfigurationSection service)
    {
        var listed = Listed(service);
        foreach (var entry in service.GetSection(Key).GetChildren())
        {
            Add(entry, service.Key, listed);
        }
    }

    /// <summary>A sentence for each mistake.</summary>
    public IReadOnlyList<string> Mistakes => _mistakes;

    /// <summary>Reads what <paramref name="service"/>, a section <c>Services:{name}</c>, says of its endpoints.</summary>
    public static ConfiguredMetadata Of(IConfigurationSection service) => new(service);

    /// <summary>What is said of the endpoint at <paramref name="place"/>, if anything.</summary>
    public EndpointMetadata? Find(ConfiguredPlace place) => _entries.GetValueOrDefault(place);

    private static Dictionary<ConfiguredPlace, string> Listed(IConfigurationSection service)
    {
        var listed = new Dictionary<ConfiguredPlace, string>();
        foreach (var list in service.GetChildren().Where(static list => !IsCalled(list, Key)))
        {
            foreach (var address in list.GetChildren().Prepend(list).Select(static section => section.Value))
            {
                if (ConfiguredPlace.Parse(address) is { } place)
                {
                    listed[place] = address!;
                }
            }
        }

        return listed;
    }

    private static bool IsCalled(IConfigurationSection section, string name) => section.Key.Equals(name, StringComparison.OrdinalIgnoreCase);

    private void Add(IConfigurationSection entry, string service, Dictionary<ConfiguredPlace, string> listed)
    {
        foreach (var unknown in entry.GetChildren().Where(static member => !Members.Contains(member.Key, StringComparer.OrdinalIgnoreCase)))
        {
            _mistakes.Add($"{unknown.Path} is nothing that an endpoint has. {NearestName.Hint(unknown.Key, Members)}");
        }

        var weight = entry["weight"] is { } text ? Weight(entry, text) : EndpointMetadata.None.Weight;
        if (ConfiguredPlace.Parse(entry["address"]) is not { } place || !listed.ContainsKey(place))
        {
            var known = listed.Count > 0 ? string.Join(", ", listed.Values) : "none";
            _mistakes.Add($"{entry.Path}:address = {entry["address"] ?? "(missing)"} is no endpoint that configuration lists for '{service}'; allowed is one of them as it stands there: {known}.");
        }
        else if (!_entries.TryAdd(place, new() { Zone = entry["zone"], Version = entry["version"], Weight = weight, Tags = Tags(entry.GetSection("tags")) }))
        {
            _mistakes.Add($"{entry.Path}:address = {entry["address"]} stands in an entry before this one; one entry for an endpoint is allowed.");
        }
    }

    private int Weight(IConfigurationSection entry, string text)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var weight) && weight <= HeaviestWeight)
        {
            return weight;
        }

        _mistakes.Add($"{entry.Path}:weight = {text} is not allowed; allowed is 0 to {HeaviestWeight}.");
        return EndpointMetadata.None.Weight;
    }

    private static string[] Tags(IConfigurationSection tags) => [.. tags.GetChildren().Prepend(tags).Select(static tag => tag.Value).Where(static tag => !string.IsNullOrEmpty(tag)).OfType<string>()];
}
