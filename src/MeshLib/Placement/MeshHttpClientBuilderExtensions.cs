using System.Diagnostics.CodeAnalysis;
using MeshLib;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.ServiceDiscovery;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Clients that go through the mesh.</summary>
public static class MeshHttpClientBuilderExtensions
{
    // HttpClient's own default: whoever has this has set nothing.
    private static readonly TimeSpan StockTimeout = TimeSpan.FromSeconds(100);

    /// <summary>Adds a named client of a service: base address <c>http://{service}</c>, through the mesh.</summary>
    /// <param name="services">The services of the host.</param>
    /// <param name="service">The service's name, which is the client's name too; or its address with the schemes http and https, such as <c>https+http://orders</c>.</param>
    /// <param name="configure">The client's own layer of policy; it may set what belongs to a call, not what a service's callers share.</param>
    /// <exception cref="ArgumentException"><paramref name="service"/> is neither.</exception>
    public static IHttpClientBuilder AddMeshClient(this IServiceCollection services, string service, Action<MeshPolicy>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.AddHttpClient(service).ForService(service, configure);
    }

    /// <summary>Adds a typed client of a service, named after its type as <c>AddHttpClient</c> does.</summary>
    /// <typeparam name="TClient">The typed client.</typeparam>
    /// <param name="services">The services of the host.</param>
    /// <param name="service">The service's name.</param>
    /// <param name="configure">The client's own layer of policy.</param>
    public static IHttpClientBuilder AddMeshClient<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TClient>(
        this IServiceCollection services, string service, Action<MeshPolicy>? configure = null)
        where TClient : class
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.AddHttpClient<TClient>().ForService(service, configure);
    }

    /// <summary>Adds a typed client of a service with an implementation of its own.</summary>
    /// <typeparam name="TClient">The typed client's contract, after which it is named.</typeparam>
    /// <typeparam name="TImplementation">The typed client's implementation.</typeparam>
    /// <param name="services">The services of the host.</param>
    /// <param name="service">The service's name.</param>
    /// <param name="configure">The client's own layer of policy.</param>
    public static IHttpClientBuilder AddMeshClient<TClient, [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TImplementation>(
        this IServiceCollection services, string service, Action<MeshPolicy>? configure = null)
        where TClient : class
        where TImplementation : class, TClient
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.AddHttpClient<TClient, TImplementation>().ForService(service, configure);
    }

    /// <summary>Lets an existing client, gRPC clients included, go through the mesh; its address decides the service.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="configure">The client's own layer of policy.</param>
    public static IHttpClientBuilder AddMeshHandler(this IHttpClientBuilder builder, Action<MeshPolicy>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Register(new(builder.Name), configure);
    }

    /// <summary>Takes a client out of the mesh, also when every client is in it.</summary>
    /// <param name="builder">The client.</param>
    public static IHttpClientBuilder RemoveMesh(this IHttpClientBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton(new MeshClientRemoval(builder.Name));
        return builder;
    }

    private static IHttpClientBuilder ForService(this IHttpClientBuilder builder, string service, Action<MeshPolicy>? configure)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(service);
        var text = service.Contains("://", StringComparison.Ordinal) ? service : $"http://{service}";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address)
            || !address.Scheme.Split('+').All(static scheme => scheme is "http" or "https")
            || !ServiceEndpointQuery.TryParse(text, out var query))
        {
            throw new ArgumentException($"'{service}' is no service: a name such as orders, _admin.orders or https+http://orders is needed.", nameof(service));
        }

        builder.ConfigureHttpClient(client => client.BaseAddress ??= address);
        return builder.Register(new(builder.Name, query.ServiceName, address), configure);
    }

    private static IHttpClientBuilder Register(this IHttpClientBuilder builder, MeshClientRegistration registration, Action<MeshPolicy>? configure)
    {
        var services = builder.Services;
        services.AddMesh();
        services.AddSingleton(registration);
        if (builder.Name is null)
        {
            // ConfigureHttpClientDefaults: every client, whose timeout and primary handler are left as they are.
            return configure is null ? builder : throw new ArgumentException("A policy for every client belongs into AddMesh(options => options.Defaults …) or Mesh:Defaults.", nameof(configure));
        }

        if (configure is not null)
        {
            var policy = new MeshPolicy();
            configure(policy);
            services.AddSingleton(new ClientPolicyLayer(builder.Name, registration.Service, policy));
        }

        // After everything that configures the client: a timeout that somebody chose becomes policy, where a streamed body does not run into it.
        services.AddOptions<HttpClientFactoryOptions>(builder.Name).PostConfigure<MeshClients, MeshPolicies, MeshClientNames>((options, clients, policies, names) =>
            options.HttpClientActions.Add(client => TakeOverTimeout(client, builder.Name, clients, policies, names)));
        return builder;
    }

    private static void TakeOverTimeout(HttpClient client, string name, MeshClients clients, MeshPolicies policies, MeshClientNames names)
    {
        if (client.Timeout == Timeout.InfiniteTimeSpan || !names.IsMeshed(name))
        {
            return;
        }

        clients.Get(name).OwnTimeout = client.Timeout;
        if (client.Timeout != StockTimeout)
        {
            policies.SetClientTimeout(name, client.Timeout, "HttpClient.Timeout");
        }

        client.Timeout = Timeout.InfiniteTimeSpan;
    }
}
