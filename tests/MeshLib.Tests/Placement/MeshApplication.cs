using MeshLib.TestKit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Tests.Placement;

/// <summary>An application's container with one scripted wire under every client that does not choose its own.</summary>
internal sealed class MeshApplication : IAsyncDisposable
{
    private readonly ServiceProvider _provider;

    public MeshApplication(Action<IServiceCollection> configure, TimeProvider? time = null, params (string Key, string Value)[] configuration)
    {
        var services = new ServiceCollection();
        Logs = services.AddRecordedLogs();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(
            [new("Services:orders:http:0", "http://10.0.0.1:80"), new("Services:orders:http:1", "http://10.0.0.2:80"), .. configuration.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value))]).Build());
        services.AddSingleton(time ?? TimeProvider.System);
        configure(services);
        _provider = services.BuildServiceProvider();
        Transport.AnswerWith(200, "ok");
    }

    public ScriptedTransport Transport { get; } = new();

    public RecordedLogs Logs { get; }

    public IServiceProvider Services => _provider;

    public HttpClient Client(string name = "orders") => _provider.GetRequiredService<IHttpClientFactory>().CreateClient(name);

    /// <summary>The handlers of a client's chain from the outermost on, the primary one last.</summary>
    public IReadOnlyList<HttpMessageHandler> Chain(string name = "orders")
    {
        var chain = new List<HttpMessageHandler>();
        for (var handler = _provider.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler(name); handler is not null; handler = (handler as DelegatingHandler)?.InnerHandler)
        {
            chain.Add(handler);
        }

        return chain;
    }

    /// <summary>A new chain as the factory builds it at each rotation.</summary>
    public HttpMessageInvoker Rotate(string name = "orders")
    {
        var builder = _provider.GetRequiredService<Microsoft.Extensions.Http.HttpMessageHandlerBuilder>();
        builder.Name = name;
        var actions = _provider.GetRequiredService<Microsoft.Extensions.Options.IOptionsMonitor<Microsoft.Extensions.Http.HttpClientFactoryOptions>>().Get(name).HttpMessageHandlerBuilderActions;
        Action<Microsoft.Extensions.Http.HttpMessageHandlerBuilder> configure = chain =>
        {
            foreach (var action in actions)
            {
                action(chain);
            }
        };
        foreach (var filter in _provider.GetServices<Microsoft.Extensions.Http.IHttpMessageHandlerBuilderFilter>().Reverse())
        {
            configure = filter.Configure(configure);
        }

        configure(builder);
        return new HttpMessageInvoker(builder.Build());
    }

    public async ValueTask DisposeAsync()
    {
        await _provider.DisposeAsync();
        Transport.Dispose();
    }
}
