namespace Shop.Registry;

/// <summary>Where the instances of the shop register, as the driver sees it.</summary>
internal interface IRegistry : IAsyncDisposable
{
    /// <summary>The name on the command line and in the report.</summary>
    string Name { get; }

    /// <summary>What it is and how it is set, for the reader of the figures.</summary>
    string Settings { get; }

    /// <summary>The page or API to look at.</summary>
    Uri Address { get; }

    /// <summary>The address of the driver's own registry; null for Consul.</summary>
    Uri? MemoryAddress { get; }

    /// <summary>What every instance is configured with.</summary>
    IEnumerable<string> InstanceArguments { get; }

    /// <summary>Lets a client discover through this registry: the same provider for every stack.</summary>
    void AddDiscovery(IServiceCollection services);

    /// <summary>Host and port of the instances that callers of <paramref name="service"/> are told; none while the registry does not answer.</summary>
    Task<IReadOnlyCollection<string>> ListAsync(string service, CancellationToken cancellationToken);

    /// <summary>Removes a dead instance, as an operator would.</summary>
    Task ForgetAsync(string service, Uri instance, CancellationToken cancellationToken);

    /// <summary>Ends the registry, without a word to anyone.</summary>
    Task StopAsync(CancellationToken cancellationToken);

    /// <summary>Starts it again at the same address.</summary>
    Task StartAsync(CancellationToken cancellationToken);
}
