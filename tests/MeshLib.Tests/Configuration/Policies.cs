using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests;

/// <summary>The policies of a host that consists of nothing else: virtual time, a log that can be read, configuration that a test changes.</summary>
internal sealed class Policies : IDisposable
{
    private readonly List<ClientPolicyLayer> _clients = [];
    private readonly List<KnownBalancer> _balancers = [];
    private readonly ConfigurationManager _configuration = new();
    private MeshPolicies? _policies;

    public MeshOptions Options { get; } = new();

    public FakeTimeProvider Time { get; } = new();

    public LogOf<MeshPolicies> Log { get; } = new();

    public MeshPolicies Current => _policies ??= new(new(Microsoft.Extensions.Options.Options.Create(Options), _clients, _balancers, new([], [], Microsoft.Extensions.Options.Options.Create(Options), _configuration), _configuration), Time, Log);

    public EffectivePolicy Orders => Current.ForService("orders");

    public Policies With(params (string Path, string? Value)[] values)
    {
        _configuration.AddInMemoryCollection(values.ToDictionary(static value => value.Path, static value => value.Value));
        return this;
    }

    public Policies With(IConfigurationProvider provider)
    {
        ((IConfigurationBuilder)_configuration).Add(new SourceOf(provider));
        return this;
    }

    public Policies WithJson(string json)
    {
        _configuration.AddJsonStream(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(json)));
        return this;
    }

    public Policies WithClient(string client, string? service, Action<MeshPolicy> configure)
    {
        var policy = new MeshPolicy();
        configure(policy);
        _clients.Add(new(client, service, policy));
        return this;
    }

    public Policies WithBalancer(string name)
    {
        _balancers.Add(new(name));
        return this;
    }

    public Policies WithCode(Action<MeshOptions> configure)
    {
        configure(Options);
        return this;
    }

    /// <summary>Sets values as a change of configuration does, without waiting for the mesh to notice.</summary>
    public void Change(params (string Path, string? Value)[] values)
    {
        foreach (var (path, value) in values)
        {
            _configuration[path] = value;
        }

        ((IConfigurationRoot)_configuration).Reload();
    }

    public void Notice() => Time.Advance(MeshPolicies.Period);

    /// <summary>The mistakes that the start fails with.</summary>
    public IReadOnlyList<string> Mistakes() => [.. Assert.Throws<OptionsValidationException>(() => Current).Failures];

    public void Dispose()
    {
        _policies?.Dispose();
        _configuration.Dispose();
    }
}

/// <summary>Puts a provider into a configuration.</summary>
internal sealed class SourceOf(IConfigurationProvider provider) : IConfigurationSource
{
    public IConfigurationProvider Build(IConfigurationBuilder builder) => provider;
}

/// <summary>A log that a test reads.</summary>
internal sealed class LogOf<T> : ILogger<T>
{
    private readonly List<(LogLevel Level, string Text)> _entries = [];

    public IReadOnlyList<(LogLevel Level, string Text)> Entries => _entries;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _entries.Add((logLevel, formatter(state, exception)));
}
