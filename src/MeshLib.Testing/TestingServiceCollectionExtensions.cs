using MeshLib;
using MeshLib.Testing;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Takes the world out of a host whose mesh is tested.</summary>
public static class TestingServiceCollectionExtensions
{
    /// <summary>
    /// Cuts the mesh of a host off from the world: no Consul, no registration, no file, no endpoint from configuration or DNS, no connection. Its clients, and its health checks, reach what the test routes and
    /// nothing else; a call to any other service ends with an <see cref="InvalidOperationException"/> that names it. All between the client and the instance (balancing, breakers,
    /// retries, deadlines) is what runs in production.
    /// </summary>
    /// <remarks>
    /// It may stand before or after whatever it takes out, also in <c>ConfigureTestServices</c> of a <c>WebApplicationFactory</c>, and may be called several times, as a fixture and a test do.
    /// Clients outside of the mesh are left alone, and so are mesh clients whose primary handler the test has replaced by a stub, for what it does not route. Chance is seeded, so that
    /// what is drawn for calls made one after another is the same in every run (see <see cref="MeshTestingBuilder.UseSeed"/>).
    /// </remarks>
    /// <param name="services">The services of the host.</param>
    /// <param name="configure">What takes the world's place.</param>
    public static IMeshBuilder AddMeshTesting(this IServiceCollection services, Action<MeshTestingBuilder>? configure = null)
    {
        // First, so that all that is replaced below is there to be replaced, and is not added again later.
        var mesh = services.AddMesh();
        services.TryAddSingleton<MeshIsolation>();
        services.TryAddSingleton<FakeNetwork>();
        services.Replace(ServiceDescriptor.Singleton(static provider => new EndpointSources([provider.GetRequiredService<FakeNetwork>()])));
        services.Replace(ServiceDescriptor.Singleton(CreateEnvironment));
        services.Replace(ServiceDescriptor.Singleton(CreateHealthChecks));
        services.Replace(ServiceDescriptor.Singleton<IMeshHandlerFactory, FakeNetworkHandlerFactory>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHttpMessageHandlerBuilderFilter, FakeNetworkFilter>());
        configure?.Invoke(new MeshTestingBuilder(services));
        return mesh;
    }

    private static MeshEnvironment CreateEnvironment(IServiceProvider provider) => new(
        new MonotonicClock(provider.GetRequiredService<TimeProvider>()), new RepeatableRandom(provider.GetService<TestSeed>()?.Value ?? 0));

    private static HealthCheckTransport CreateHealthChecks(IServiceProvider provider) => new(
        new FakeNetworkHandler(provider.GetRequiredService<FakeNetwork>(), HealthCheckTransport.CreateHandler()), provider.GetRequiredService<TimeProvider>());
}
