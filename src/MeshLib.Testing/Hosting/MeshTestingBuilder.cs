using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace MeshLib.Testing;

/// <summary>What takes the world's place in a host under test; see <c>AddMeshTesting()</c>.</summary>
public sealed class MeshTestingBuilder
{
    private readonly IServiceCollection _services;

    internal MeshTestingBuilder(IServiceCollection services) => _services = services;

    /// <summary>Lets calls to a service reach the test's instances of it. A service that is routed twice is what was said last.</summary>
    /// <param name="service">The service. It belongs to the test, which may change it and ask what it received while the host runs.</param>
    public MeshTestingBuilder Route(FakeService service)
    {
        ArgumentNullException.ThrowIfNull(service);
        _services.AddSingleton(service);
        return this;
    }

    /// <summary>Lets calls to a service reach handlers, one instance for each: of servers in memory (<c>WebApplicationFactory.Server.CreateHandler()</c>) or of the test's own making.</summary>
    /// <param name="service">The service's name, as it stands in request addresses.</param>
    /// <param name="handlers">The handlers; the test disposes of them.</param>
    /// <exception cref="ArgumentException"><paramref name="service"/> is no name of a service.</exception>
    public MeshTestingBuilder Route(string service, params HttpMessageHandler[] handlers)
    {
        ArgumentNullException.ThrowIfNull(handlers);
        var fake = new FakeService(service, handlers.Length);
        foreach (var (instance, handler) in fake.Instances.Zip(handlers))
        {
            instance.Answers(FakeAnswer.From(handler));
        }

        return Route(fake);
    }

    /// <summary>Gives the whole host, the mesh and all else that asks for a <see cref="TimeProvider"/>, the time of the test, such as a <c>FakeTimeProvider</c>.</summary>
    /// <param name="time">The time.</param>
    public MeshTestingBuilder UseTime(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        _services.Replace(ServiceDescriptor.Singleton(time));
        return this;
    }

    /// <summary>
    /// Seeds the mesh's chance: between which instances a balancer chooses, how long a back-off is. For the same seed the same is drawn for calls made one after another. On the clock of the machine, a balancer that
    /// measures latency (<c>PeakEwma</c>, the default) decides by what it measured as well; with <see cref="UseTime"/>, or with a balancer that does not, they are decided alike.
    /// </summary>
    /// <param name="seed">The seed.</param>
    /// <value>Default 0.</value>
    public MeshTestingBuilder UseSeed(int seed)
    {
        _services.AddSingleton(new TestSeed(seed));
        return this;
    }
}
