using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace MeshLib.TestKit;

/// <summary>A Consul without a socket, for tests on virtual time: each request is handed to the script, which answers at once or later.</summary>
public sealed class ScriptedConsulHandler(Func<ScriptedConsulRequest, CancellationToken, Task<HttpResponseMessage>> script) : HttpMessageHandler
{
    private readonly List<ScriptedConsulRequest> _requests = [];

    public ScriptedConsulHandler(Func<ScriptedConsulRequest, HttpResponseMessage> script)
        : this((request, _) => Task.FromResult(script(request)))
    {
    }

    public Func<ScriptedConsulRequest, CancellationToken, Task<HttpResponseMessage>> Script { get; set; } = script;

    /// <summary>All requests so far; for tests in which one thread does everything.</summary>
    public IReadOnlyList<ScriptedConsulRequest> Requests => _requests;

    public static HttpResponseMessage Json(string body, ulong index, params (string Name, string Value)[] headers) =>
        Json(body, index.ToString(System.Globalization.CultureInfo.InvariantCulture), headers);

    /// <param name="body">The body.</param>
    /// <param name="index">The index header as it stands, or <see langword="null"/> for none.</param>
    /// <param name="headers">Further headers.</param>
    public static HttpResponseMessage Json(string body, string? index, params (string Name, string Value)[] headers)
    {
        var response = Text(HttpStatusCode.OK, body, headers);
        response.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (index is not null)
        {
            response.Headers.TryAddWithoutValidation("X-Consul-Index", index);
        }

        return response;
    }

    /// <summary>An error as Consul words it: one line of text, with an index and a leader that mean nothing.</summary>
    public static HttpResponseMessage Error(int status, string text, params (string Name, string Value)[] headers) =>
        Text((HttpStatusCode)status, text, [("X-Consul-Index", "1"), ("X-Consul-Knownleader", "false"), .. headers]);

    /// <summary>Never answers; ends with the caller's patience.</summary>
    public static async Task<HttpResponseMessage> HangAsync(CancellationToken cancellationToken)
    {
        // Not Task.Delay(infinite): cancelling must run the caller's continuation on the thread that moves the clock.
        var never = new TaskCompletionSource<HttpResponseMessage>();
        using var registration = cancellationToken.UnsafeRegister(static (state, token) => ((TaskCompletionSource<HttpResponseMessage>)state!).TrySetCanceled(token), never);
        return await never.Task.ConfigureAwait(false);
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        var headers = request.Headers.ToDictionary(header => header.Key, header => string.Join(",", header.Value), StringComparer.OrdinalIgnoreCase);
        var received = new ScriptedConsulRequest(request.Method.Method, request.RequestUri!.PathAndQuery, headers, body);
        lock (_requests)
        {
            _requests.Add(received);
        }

        return await Script(received, cancellationToken).ConfigureAwait(false);
    }

    private static HttpResponseMessage Text(HttpStatusCode status, string body, params (string Name, string Value)[] headers)
    {
        var response = new HttpResponseMessage(status) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        foreach (var (name, value) in headers)
        {
            response.Headers.TryAddWithoutValidation(name, value);
        }

        return response;
    }
}
