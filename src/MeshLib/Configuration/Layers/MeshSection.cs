using Microsoft.Extensions.Configuration;

namespace MeshLib;

/// <summary>Reads configuration section <c>Mesh</c> into layers. Never throws for what it finds: every mistake is collected, with its path.</summary>
/// <remarks>Not the stock binder, which appends lists to their defaults, keeps silent about unknown names and cannot say where a value came from.</remarks>
internal sealed class MeshSection(IConfigurationRoot configuration, ICollection<string> problems)
{
    public const string Name = "Mesh";

    // What stands under Mesh beside the policies, for this package and for those that read a section of their own.
    private static readonly string[] Names = ["ServiceName", "Zone", "Mode", "KeepResilienceHandlers", "Defaults", "Services", "Clients", "Consul", "Registration", "Server", "Dashboard", "Organisation"];

    private readonly IConfigurationSection _mesh = configuration.GetSection(Name);
    private readonly PolicySectionReader _reader = new(configuration, problems);

    public string? ServiceName => Text("ServiceName");

    public string? Zone => Text("Zone");

    public bool? KeepResilienceHandlers
    {
        get
        {
            const string Key = nameof(KeepResilienceHandlers);
            if (Text(Key) is not { } text)
            {
                return null;
            }

            if (bool.TryParse(text, out var keep))
            {
                return keep;
            }

            problems.Add($"{Name}:{Key} = {text} is not a truth value; allowed is true or false.");
            return null;
        }
    }

    public IEnumerable<PolicyLayer> Read()
    {
        foreach (var section in new[] { _mesh, _mesh.GetSection("Services"), _mesh.GetSection("Clients") }.Where(static section => !string.IsNullOrEmpty(section.Value)))
        {
            problems.Add($"{section.Path} = {section.Value} is a single value; a section is expected here.");
        }

        foreach (var child in _mesh.GetChildren().Where(static child => !Names.Contains(child.Key, StringComparer.OrdinalIgnoreCase)))
        {
            problems.Add($"{child.Path} is not known. {NearestName.Hint(child.Key, Names)}");
        }

        var mode = new MeshPolicy();
        _reader.ReadOption(_mesh.GetSection("Mode"), PolicyTable.Mode, mode);
        return
        [
            Layer(PolicyLevel.Defaults, "", _mesh.GetSection("Defaults")),
            new(PolicyLevel.Defaults, "", mode, Name) { IsSection = true },
            .. _mesh.GetSection("Services").GetChildren().Select(service => Layer(PolicyLevel.Service, service.Key, service)),
            .. _mesh.GetSection("Clients").GetChildren().Select(client => Layer(PolicyLevel.Client, client.Key, client)),
        ];
    }

    private PolicyLayer Layer(PolicyLevel level, string name, IConfigurationSection section)
    {
        var policy = new MeshPolicy();
        _reader.Read(section, policy);
        return new(level, name, policy, section.Path) { IsSection = true };
    }

    private string? Text(string key)
    {
        if (_mesh.GetSection(key).GetChildren().Any())
        {
            problems.Add($"{Name}:{key} is a section; a name is expected here.");
        }

        return _mesh[key] is { } text && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null;
    }
}
