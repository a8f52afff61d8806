using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Benchmarks;

/// <summary>One client whose cost is measured: a container of its own with ten endpoints of <c>orders</c>, above a pump.</summary>
internal sealed class OverheadSubject : IDisposable
{
    private const int Endpoints = 10;
    private static readonly Uri Order = new("http://orders/orders/1");

    private readonly PumpHandler _pump = new();
    private readonly ServiceProvider _services;
    private readonly HttpClient _client;

    public OverheadSubject(string name, Func<IServiceCollection, IHttpClientBuilder> configure)
    {
        Name = name;
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddMetrics();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(
            Enumerable.Range(0, Endpoints).Select(index => KeyValuePair.Create($"Services:orders:http:{index}", (string?)$"http://10.0.0.{index + 1}:8080"))).Build());
        configure(services).ConfigurePrimaryHttpMessageHandler(() => _pump).SetHandlerLifetime(Timeout.InfiniteTimeSpan);
        _services = services.BuildServiceProvider();
        _client = _services.GetRequiredService<IHttpClientFactory>().CreateClient("orders");
    }

    public string Name { get; }

    /// <summary>Makes one call and drives it to its end on this thread.</summary>
    public void Call(BodyUse use)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Order);
        using var response = Drive(_client.SendAsync(request, use == BodyUse.Buffered ? HttpCompletionOption.ResponseContentRead : HttpCompletionOption.ResponseHeadersRead));
        if (use == BodyUse.Read)
        {
            using var body = Drive(response.Content.ReadAsStreamAsync());
            Span<byte> buffer = stackalloc byte[256];
            while (body.Read(buffer) > 0)
            {
            }
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _services.Dispose();
    }

    private T Drive<T>(Task<T> task)
    {
        // The loop matters only to the first calls, which may resolve on another thread.
        var spin = default(SpinWait);
        while (!task.IsCompleted)
        {
            if (!_pump.TryComplete())
            {
                spin.SpinOnce();
            }
        }

        return task.GetAwaiter().GetResult();
    }
}
