using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;

namespace MeshLib.TestKit.Headline;

/// <summary>
/// Three instances of <c>orders</c> behind a primary handler: what the wire would do, without a socket. Every answer completes asynchronously,
/// on a timer of <paramref name="time"/>.
/// </summary>
public sealed class OrdersFleet(TimeProvider time) : HttpMessageHandler
{
    /// <summary>How long a healthy instance works on a request; set by whoever sends it, so that every column serves the same work. Without it, no time passes.</summary>
    public static readonly HttpRequestOptionsKey<TimeSpan> Work = new("headline.work");

    /// <summary>A failing instance fails fast: that is what makes it attractive to a balancer that looks at latency or load alone.</summary>
    private static readonly TimeSpan FailureLatency = TimeSpan.FromMilliseconds(1);

    private static readonly byte[] Body = new byte[1024];

    private readonly ConcurrentDictionary<string, int> _attempts = new();
    private int _sent;

    /// <summary>The addresses of the three instances; the first one answers 503 when one fails.</summary>
    public static IReadOnlyList<string> Addresses { get; } = ["10.0.0.1:8080", "10.0.0.2:8080", "10.0.0.3:8080"];

    /// <summary>Whether the first instance answers 503.</summary>
    public bool OneFails { get; set; }

    /// <summary>Attempts that reached an instance.</summary>
    public int Attempts => Volatile.Read(ref _sent);

    /// <summary>Attempts that reached the instance at <paramref name="address"/>.</summary>
    public int AttemptsTo(string address) => _attempts.GetValueOrDefault(address);

    /// <inheritdoc />
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var address = request.RequestUri!.Authority;
        if (!Addresses.Contains(address))
        {
            throw new HttpRequestException(HttpRequestError.NameResolutionError, $"No instance at '{address}'.");
        }

        Interlocked.Increment(ref _sent);
        _attempts.AddOrUpdate(address, 1, static (_, count) => count + 1);
        var fails = OneFails && address == Addresses[0];
        if (request.Options.TryGetValue(Work, out var work))
        {
            await Task.Delay(fails ? FailureLatency : work, time, cancellationToken);
        }
        else
        {
            await Task.Yield();
        }

        var content = new ByteArrayContent(Body);
        content.Headers.ContentLength = Body.Length;
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return new HttpResponseMessage(fails ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.OK) { Content = content, RequestMessage = request };
    }
}
