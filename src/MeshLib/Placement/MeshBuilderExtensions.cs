using System.Diagnostics.CodeAnalysis;
using MeshLib;
using Microsoft.Extensions.ServiceDiscovery;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Parts of a mesh that are set in code.</summary>
public static class MeshBuilderExtensions
{
    /// <summary>Gives a service fixed endpoints. Endpoints in configuration (<c>Services:{name}</c>) win over them.</summary>
    /// <param name="builder">The mesh.</param>
    /// <param name="service">The service's name, as it stands in request addresses.</param>
    /// <param name="addresses">Absolute http or https addresses, such as <c>http://10.0.0.1:8080</c>.</param>
    /// <exception cref="ArgumentException">An address is not an absolute http or https address.</exception>
    public static IMeshBuilder AddEndpoints(this IMeshBuilder builder, string service, params string[] addresses)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(service);
        ArgumentNullException.ThrowIfNull(addresses);
        var endpoints = new List<ServiceEndpoint>(addresses.Length);
        foreach (var address in addresses)
        {
            if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            {
                throw new ArgumentException($"'{address}' is no endpoint of '{service}': an absolute address with http or https is needed, such as http://10.0.0.1:8080.", nameof(addresses));
            }

            endpoints.Add(ServiceEndpoint.Create(new UriEndPoint(uri)));
        }

        return builder.AddEndpoints(service, endpoints);
    }

    /// <summary>
    /// Gives a service fixed endpoints of which more than the address is known: weight, zone, version or tags, as a feature <see cref="EndpointMetadata"/>. Endpoints in configuration (<c>Services:{name}</c>)
    /// win over them.
    /// </summary>
    /// <param name="builder">The mesh.</param>
    /// <param name="service">The service's name, as it stands in request addresses.</param>
    /// <param name="endpoints">Http or https addresses, or hosts, which take the scheme of the request.</param>
    /// <exception cref="ArgumentException">No request can be sent to one of them.</exception>
    public static IMeshBuilder AddEndpoints(this IMeshBuilder builder, string service, IEnumerable<ServiceEndpoint> endpoints)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(service);
        ArgumentNullException.ThrowIfNull(endpoints);
        ServiceEndpoint[] given = [.. endpoints];
        if (Array.Exists(given, static endpoint => endpoint is null))
        {
            throw new ArgumentException($"An endpoint of '{service}' is null.", nameof(endpoints));
        }

        if (Array.Find(given, static endpoint => DiscoveredEndpoint.From(endpoint, Uri.UriSchemeHttp, logicalPort: 0) is null) is { } wrong)
        {
            throw new ArgumentException($"'{DiscoveredEndpoint.Describe(wrong)}' is no endpoint of '{service}': an http or https address without user or password is needed, or a host.", nameof(endpoints));
        }

        builder.Services.AddSingleton(new StaticEndpoints(service, given));
        return builder;
    }

    /// <summary>
    /// Says which answers of a service are failures although their status says otherwise, such as the HTML of a login page where JSON is due. They count as failures of the instance, in its breaker and among its peers, and are
    /// retried as a 500 is. The last predicate of a service counts.
    /// </summary>
    /// <param name="builder">The mesh.</param>
    /// <param name="service">The service's name, as it stands in request addresses.</param>
    /// <param name="isFailure">
    /// Whether an answer is a failure. It is asked on the way of every answer below 400, on any thread, when the headers are there and the body is not: it must not read the body. Where it throws, the status decides.
    /// </param>
    public static IMeshBuilder AddFailurePredicate(this IMeshBuilder builder, string service, Func<HttpResponseMessage, bool> isFailure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(service);
        ArgumentNullException.ThrowIfNull(isFailure);
        builder.Services.AddSingleton(new FailurePredicateRegistration(service, isFailure));
        return builder;
    }

    /// <summary>Adds a load balancer of one's own; <c>LoadBalancing:Policy</c> selects it by its name.</summary>
    /// <typeparam name="T">The balancer; one instance is made for each endpoint set, its constructor arguments come from the host's services.</typeparam>
    /// <param name="builder">The mesh.</param>
    /// <param name="name">The name, not case-sensitive.</param>
    public static IMeshBuilder AddLoadBalancer<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>(this IMeshBuilder builder, string name)
        where T : LoadBalancer
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        builder.Services.AddSingleton(new KnownBalancer(name));
        builder.Services.AddSingleton(new LoadBalancerRegistration(name, static provider => ActivatorUtilities.CreateInstance<T>(provider)));
        return builder;
    }
}
