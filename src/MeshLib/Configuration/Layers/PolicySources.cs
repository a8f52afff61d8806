using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace MeshLib;

/// <summary>Where policies come from: code, then the sources of configuration, which win over it.</summary>
/// <remarks>
/// A source that cannot be heard still says what it said last, and all others are heard. A mistake keeps what was good last, but for the modes: the kill switch is read by itself,
/// because whoever throws it must not be stopped by what somebody else got wrong.
/// </remarks>
internal sealed class PolicySources(
    IOptions<MeshOptions> options, IEnumerable<ClientPolicyLayer> clients, IEnumerable<KnownBalancer> balancers, UnknownNames unknown, IConfiguration? configuration = null, MeshIsolation? isolation = null)
{
    private readonly ClientPolicyLayer[] _clients = [.. clients];
    private readonly LayerChecks _checks = new([.. KnownBalancer.BuiltIn.Concat(balancers).Select(static balancer => balancer.Name)]);
    private readonly IConfigurationRoot _root = configuration switch
    {
        null => new ConfigurationRoot([]),
        IConfigurationRoot root => root,
        _ => new ConfigurationRoot([new ChainedConfigurationProvider(new() { Configuration = configuration })]),
    };

    private IReadOnlyList<HeardSource> _sources = [];
    private SourceText[]? _inForce;

    /// <summary>Whether anything can change after the start.</summary>
    public bool CanChange { get; } = configuration is not null;

    /// <summary>Whether a source has fallen silent, or can be heard again, since the last reading.</summary>
    public bool IsSilenceNew => _sources.Any(static source => source.IsSilenceNew);

    /// <summary>Reads everything anew: what is to be in force, and every mistake and silence because of which that is not all that was said just now.</summary>
    public PolicyReading Read()
    {
        _sources = [.. ProvidersOf(_root).Select(provider => _sources.FirstOrDefault(source => ReferenceEquals(source.Provider, provider)) ?? new(provider))];
        foreach (var source in _sources)
        {
            source.Hear();
        }

        SourceText[] said = [.. _sources.Select(static source => source.Text)];
        var reading = Read(said);
        if (reading.Problems.Count == 0)
        {
            _inForce = said;
        }
        else if (_inForce is { } last)
        {
            using var inForce = new ConfigurationRoot([.. last]);
            _inForce = [.. last.Select(static text => text.WithoutModes()).Concat(said.Select(text => text.Modes(inForce))).Where(static text => !text.IsEmpty)];
            reading = Read(_inForce) with { Problems = reading.Problems };
        }

        string[] problems = [.. _sources.Select(static source => source.Fault).OfType<string>(), .. reading.Problems];

        // What cannot be heard or taken over may name what seems to be unknown.
        return reading with { Problems = problems, Doubts = problems.Length > 0 ? [] : [.. unknown.In(reading.Layers)] };
    }

    public IDisposable OnChange(Action changed) => ChangeToken.OnChange(_root.GetReloadToken, changed);

    private PolicyReading Read(SourceText[] texts)
    {
        using var said = new ConfigurationRoot([.. texts]);
        var problems = new List<string>();
        var section = new MeshSection(said, problems);
        List<PolicyLayer> layers = [.. CodeLayers.Of(options.Value, _clients), .. section.Read(), .. isolation is null ? ForcedMode.Layers(said, problems) : []];
        var (serviceName, zone, keep) = (section.ServiceName ?? options.Value.ServiceName, section.Zone ?? options.Value.Zone, section.KeepResilienceHandlers ?? options.Value.KeepResilienceHandlers);
        problems.AddRange(_checks.Check(layers, _clients.Select(static client => (client.Service ?? "", client.Client))));
        return new(serviceName, zone, keep, layers, problems, []);
    }

    private static IEnumerable<IConfigurationProvider> ProvidersOf(IConfigurationRoot root) =>
        root.Providers.SelectMany(static provider => provider is ChainedConfigurationProvider { Configuration: IConfigurationRoot inner } ? ProvidersOf(inner) : [provider]);
}
