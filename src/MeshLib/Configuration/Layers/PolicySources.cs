using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace MeshLib;

/// <summary>Where policies come from: code, then configuration, which wins over it.</summary>
internal sealed class PolicySources(
    IOptions<MeshOptions> options, IEnumerable<ClientPolicyLayer> clients, IEnumerable<KnownBalancer> balancers, UnknownNames unknown, IConfiguration? configuration = null)
{
    private readonly ClientPolicyLayer[] _clients = [.. clients];
    private readonly LayerChecks _checks = new([.. KnownBalancer.BuiltIn.Concat(balancers).Select(static balancer => balancer.Name)]);

    // The providers that had something to say about the mesh when it was last read.
    private IReadOnlyList<IConfigurationProvider> _speakers = [];

    /// <summary>Whether anything can change after the start.</summary>
    public bool CanChange => configuration is not null;

    /// <summary>Reads everything anew. What cannot be read at all is a problem like any other.</summary>
    public PolicyReading Read()
    {
        var problems = new List<string>();
        var doubts = new List<string>();
        var layers = CodeLayers.Of(options.Value, _clients).ToList();
        var (serviceName, zone, keep) = (options.Value.ServiceName, options.Value.Zone, options.Value.KeepResilienceHandlers);
        if (Silenced() is { } silenced)
        {
            problems.Add(silenced);
        }
        else
        {
            try
            {
                if (configuration is not null)
                {
                    var section = new MeshSection(configuration, problems);
                    layers.AddRange(section.Read());
                    (serviceName, zone, keep) = (section.ServiceName ?? serviceName, section.Zone ?? zone, section.KeepResilienceHandlers ?? keep);
                }

                layers.AddRange(ForcedMode.Layers(configuration, problems));
                doubts.AddRange(unknown.In(layers));
            }
#pragma warning disable CA1031 // Providers are foreign code: whatever they throw means that configuration cannot be read now.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                problems.Add($"{MeshSection.Name} cannot be read: {exception.Message}");
            }
        }

        problems.AddRange(_checks.Check(layers, _clients.Select(static client => (client.Service ?? "", client.Client))));
        return new(serviceName, zone, keep, layers, problems, doubts);
    }

    /// <summary>Called when a reading has been taken over: remembers who took part in it.</summary>
    public void Accept() => _speakers = [.. Providers.Where(static provider => provider.GetChildKeys([], MeshSection.Name).Any())];

    /// <summary>
    /// The sentence to report when a provider that took part in the last reading holds nothing at all any more; otherwise <see langword="null"/>. A file that is half written, locked or being
    /// replaced looks like this: the file provider empties itself, and when the text is malformed it does not even raise its reload token.
    /// </summary>
    public string? Silenced() => _speakers.Select(FaultOf).FirstOrDefault(static fault => fault is not null);

    public IDisposable? OnChange(Action changed) => configuration is null ? null : ChangeToken.OnChange(configuration.GetReloadToken, changed);

    private IEnumerable<IConfigurationProvider> Providers => (configuration as IConfigurationRoot)?.Providers ?? [];

    private static string? FaultOf(IConfigurationProvider provider)
    {
        try
        {
            return provider.GetChildKeys([], null).Any() ? null : $"{provider} held values of {MeshSection.Name} and holds nothing any more: unreadable, half written or gone.";
        }
#pragma warning disable CA1031 // As above.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return $"{provider} cannot be read: {exception.Message}";
        }
    }
}
