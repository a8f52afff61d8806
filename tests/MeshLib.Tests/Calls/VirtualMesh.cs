using System.Diagnostics.Metrics;
using MeshLib.TestKit;
using MeshLib.Tests.Health;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ServiceDiscovery;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Calls;

/// <summary>A mesh on virtual time with one service, <c>orders</c>, whose endpoints and answers are the test's: no socket, no chance.</summary>
internal sealed class VirtualMesh : IAsyncDisposable
{
    public const string Orders = "orders";

    private readonly ServiceProvider _provider;
    private readonly HttpMessageInvoker _invoker;

    private VirtualMesh(FakeTimeProvider time, Action<MeshPolicy>? policy, Action<IServiceCollection>? services)
    {
        Time = time;
        var collection = new ServiceCollection();
        Logs = collection.AddRecordedLogs();
        collection.AddSingleton<TimeProvider>(time);
        collection.AddSingleton(new MeshEnvironment(new MonotonicClock(time), new NoJitter()));
        collection.AddSingleton<IServiceEndpointProviderFactory>(Source);
        collection.AddMesh(options =>
        {
            // Naming it declares it.
            var orders = options.Services[Orders];
            policy?.Invoke(orders);
        });
        services?.Invoke(collection);
        _provider = collection.BuildServiceProvider();
        Meters = new MeterRecorder(_provider.GetRequiredService<IMeterFactory>());
        _invoker = new HttpMessageInvoker(_provider.GetRequiredService<IMeshHandlerFactory>().CreateHandler(Transport));
    }

    public FakeTimeProvider Time { get; }

    public ScriptedTransport Transport { get; } = new();

    public ManualEndpointSource Source { get; } = new();

    public RecordedLogs Logs { get; }

    public MeterRecorder Meters { get; }

    public IServiceProvider Services => _provider;

    public MeshServices Root => _provider.GetRequiredService<MeshServices>();

    public EndpointSet Set => Root.Sets.Single(static set => set.Key.ToString() == $"http://{Orders}");

    public MeshService Service => Set.Service;

    public IReadOnlyList<MeshEndpoint> Endpoints => Set.Snapshot!.All;

    /// <summary>A mesh whose <c>orders</c> has <paramref name="endpoints"/> endpoints and is resolved.</summary>
    public static async Task<VirtualMesh> StartAsync(FakeTimeProvider time, Action<MeshPolicy>? policy = null, int endpoints = 3, Action<IServiceCollection>? services = null)
    {
        var mesh = Create(time, policy, services);
        mesh.Source.PublishAll(Orders, Enumerable.Range(1, endpoints).Select(Address));
        await mesh.WarmUpAsync();
        return mesh;
    }

    public async Task WarmUpAsync() => await Services.GetRequiredService<IMeshDirectory>().WarmUpAsync([Orders]).WithinHangLimit();

    /// <summary>A mesh that has asked nobody for anything yet.</summary>
    public static VirtualMesh Create(FakeTimeProvider time, Action<MeshPolicy>? policy = null, Action<IServiceCollection>? services = null) => new(time, policy, services);

    public static string Address(int number) => $"http://10.0.0.{number}:8080";

    public static HttpRequestMessage Request(string method = "GET", string path = "/", HttpContent? content = null) =>
        new(new HttpMethod(method), $"http://{Orders}{path}") { Content = content };

    public static HttpRequestMessage GrpcRequest(string method = "/shop.Orders/Get") => new(HttpMethod.Post, $"http://{Orders}{method}")
    {
        Version = new Version(2, 0),
        Content = new ByteArrayContent(new byte[5]) { Headers = { ContentType = new("application/grpc") } },
    };

    /// <summary>Sends past HttpClient, so that tokens, responses and exceptions are the mesh's own.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken = default) => _invoker.SendAsync(request, cancellationToken);

    public HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken = default) => _invoker.Send(request, cancellationToken);

    public Task<HttpResponseMessage> GetAsync(string path = "/", CancellationToken cancellationToken = default) => SendAsync(Request(path: path), cancellationToken);

    /// <summary>Lets time pass, and gives what it set off a moment.</summary>
    public Task<T> AdvanceUntilEndedAsync<T>(Task<T> task, double stepMilliseconds = 50, double limitSeconds = 120) =>
        Time.AdvanceUntilEndedAsync(task, TimeSpan.FromMilliseconds(stepMilliseconds), TimeSpan.FromSeconds(limitSeconds));

    public void Advance(double milliseconds) => Time.Advance(TimeSpan.FromMilliseconds(milliseconds));

    /// <summary>Publishes a list and waits until requests see it; a watch coalesces changes that follow each other within 50 ms.</summary>
    public async Task PublishAsync(params ManualEndpoint[] endpoints)
    {
        var before = Meters.Count("mesh.discovery.updates");
        Source.Publish(Orders, endpoints);
        await Time.AdvanceUntilAsync(() => Meters.Count("mesh.discovery.updates") > before, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10));
    }

    /// <summary>Whatever was begun has ended, and ended once.</summary>
    public async Task AssertIdleAsync()
    {
        await Eventually.BecomesTrueAsync(() => Endpoints.All(static endpoint => endpoint.InFlight == 0));
        await Eventually.EqualsAsync(0, () => Service.Bulkhead.InUse);
        await Eventually.EqualsAsync(0, () => Service.Bulkhead.Streams);
        await Eventually.EqualsAsync(0, () => Meters.Sum("mesh.client.active_requests"));
    }

    public async ValueTask DisposeAsync()
    {
        _invoker.Dispose();
        Meters.Dispose();
        await _provider.DisposeAsync();
        Transport.Dispose();
    }
}
