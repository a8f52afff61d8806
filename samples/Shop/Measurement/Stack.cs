using Shop.Registry;

namespace Shop.Measurement;

/// <summary>One way to call a service: a column of the comparison.</summary>
internal abstract class Stack
{
    protected const string Client = LoadPlan.Service;

    /// <summary>The same in all stacks: a call may take 30 s, an attempt 3 s.</summary>
    protected static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(30);

    /// <inheritdoc cref="CallTimeout"/>
    protected static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(3);

    protected static readonly Uri Service = new($"http://{LoadPlan.Service}");

    public static IReadOnlyList<Stack> All { get; } = [new MeshStack(), new TodayStack(), new TunedStack()];

    public abstract string Name { get; }

    /// <summary>Everything that differs from the defaults of the packages, and the defaults that decide.</summary>
    public abstract string Settings { get; }

    /// <summary>A process of its own would look like this: own container, own connections, own memory of what it has seen.</summary>
    public ServiceProvider Build(IRegistry registry)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        registry.AddDiscovery(services);
        AddClient(services);
        return services.BuildServiceProvider();
    }

    public static HttpClient CreateClient(IServiceProvider services) => services.GetRequiredService<IHttpClientFactory>().CreateClient(Client);

    /// <summary>Registers the client with <see cref="Service"/> as its base address.</summary>
    protected abstract void AddClient(IServiceCollection services);
}
