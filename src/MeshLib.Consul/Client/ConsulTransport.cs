using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace MeshLib.Consul;

/// <summary>
/// Sends requests to the one agent: with the token in its header, within a time limit that covers the body, and with every kind of failure turned
/// into a <see cref="ConsulException"/> that tells its kind. Only the caller's own cancellation passes as such.
/// </summary>
internal sealed class ConsulTransport : IDisposable
{
    private const int ShownTextLength = 200;
    private const int ErrorTextLimit = 4096;

    private readonly ConsulAddress _address;
    private readonly ConsulToken _token;
    private readonly AuthenticationHeaderValue? _basic;
    private readonly string? _serverName;
    private readonly int _maxResponseBytes;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _watches;
    private readonly HttpMessageInvoker _calls;

    public ConsulTransport(ConsulOptions options, TimeProvider time)
        : this(options, time, forWatches => ConsulHandlers.Create(AddressOf(options), options, forWatches))
    {
    }

    /// <param name="options">Valid options.</param>
    /// <param name="time">The clock of the time limits.</param>
    /// <param name="createHandler">Makes the handler of the blocking queries (<see langword="true"/>) and that of the short calls.</param>
    internal ConsulTransport(ConsulOptions options, TimeProvider time, Func<bool, HttpMessageHandler> createHandler)
    {
        _address = AddressOf(options);
        _token = new ConsulToken(options);
        _basic = string.IsNullOrEmpty(options.BasicAuthentication)
            ? null
            : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(options.BasicAuthentication)));
        _serverName = _address.Base.Scheme == Uri.UriSchemeHttps && !string.IsNullOrWhiteSpace(options.Tls.ServerName) ? options.Tls.ServerName : null;
        _maxResponseBytes = options.MaxResponseBytes;
        _time = time;
        _watches = new HttpMessageInvoker(createHandler(true));
        _calls = new HttpMessageInvoker(createHandler(false));
    }

    public ConsulAddress Address => _address;

    public TimeProvider TimeProvider => _time;

    /// <summary>Sends <paramref name="request"/> and hands a 2xx answer to <paramref name="read"/>; the time limit covers both.</summary>
    /// <exception cref="ConsulException">There was no such answer.</exception>
    public async Task<T> SendAsync<T>(ConsulRequest request, Func<HttpResponseMessage, Stream, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(request.Limit, _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var response = await SendWithTokenAsync(request, linked.Token).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
            {
                throw await DescribeAsync(request, response, linked.Token).ConfigureAwait(false);
            }

            await using var body = new BoundedStream(await response.Content.ReadAsStreamAsync(linked.Token).ConfigureAwait(false), _maxResponseBytes);
            return await read(response, body, linked.Token).ConfigureAwait(false);
        }
        catch (ConsulException)
        {
            throw;
        }
        catch (Exception e) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException("The call to Consul was cancelled.", _token.Redact(e), cancellationToken);
        }
        catch (Exception e) when (limit.IsCancellationRequested)
        {
            throw new ConsulException(
                ConsulFailure.TimedOut,
                $"Consul at {_address} did not finish its answer to {request.Display} within {request.Limit.TotalSeconds:0.#} s.",
                new TimeoutException("The time limit of the request has passed.", _token.Redact(e)));
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException)
        {
            throw new ConsulException(ConsulFailure.InvalidAnswer, $"Consul at {_address} answered {request.Display} with something else than its JSON.", _token.Redact(e));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            // A connect time-out of the handler arrives as a cancellation of nobody.
            throw new ConsulException(ConsulFailure.Unreachable, $"Consul at {_address} cannot be reached for {request.Display}: {_token.Redact(e.Message)}", _token.Redact(e));
        }
    }

    public void Dispose()
    {
        _watches.Dispose();
        _calls.Dispose();
    }

    private static ConsulAddress AddressOf(ConsulOptions options) => ConsulAddress.TryParse(options.Address, out var address, out var problem)
        ? address
        : throw new ArgumentException($"The address of Consul {problem}.", nameof(options));

    private async Task<HttpResponseMessage> SendWithTokenAsync(ConsulRequest request, CancellationToken cancellationToken)
    {
        var token = _token.Value;
        var response = await SendOnceAsync(request, token, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode is not HttpStatusCode.Forbidden || !_token.Renew(refused: token))
        {
            return response;
        }

        response.Dispose();
        return await SendOnceAsync(request, _token.Value, cancellationToken).ConfigureAwait(false);
    }

    private async Task<HttpResponseMessage> SendOnceAsync(ConsulRequest request, string? token, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(request.Method, new Uri(_address.Base, request.Path));
        message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (token is not null)
        {
            message.Headers.TryAddWithoutValidation("X-Consul-Token", token);
        }

        message.Headers.Authorization = _basic;

        // The handler takes the name for SNI and for the check of the certificate from here alone.
        message.Headers.Host = _serverName;
        if (request.Body is { } body)
        {
            message.Content = new ByteArrayContent(body);
            message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        return await (request.Blocking ? _watches : _calls).SendAsync(message, cancellationToken).ConfigureAwait(false);
    }

    private async Task<ConsulException> DescribeAsync(ConsulRequest request, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var text = await ReadTextAsync(response, cancellationToken).ConfigureAwait(false);
        var status = (int)response.StatusCode;
        var failure = status switch
        {
            401 or 403 => ConsulFailure.Denied,
            429 => ConsulFailure.RateLimited,
            >= 500 => ConsulFailure.ServerError,
            _ => ConsulFailure.Rejected,
        };
        return new ConsulException(failure, $"Consul at {_address} answered {status} to {request.Display}: {text}", status: response.StatusCode)
        {
            RetryAfter = RetryAfterOf(response),
            Text = text,
        };
    }

    private async Task<string> ReadTextAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var buffer = new byte[ErrorTextLimit];
        int count;
        try
        {
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            count = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            // The status is what matters; its text is only for people.
            count = 0;
        }

        // The token goes before the text is cut, else half of one could stay.
        var text = _token.Redact(Encoding.UTF8.GetString(buffer, 0, count)).AsSpan().Trim();
        return string.Create(Math.Min(text.Length, ShownTextLength), text, static (target, source) =>
        {
            for (var i = 0; i < target.Length; i++)
            {
                target[i] = char.IsControl(source[i]) || source[i] is '\u2028' or '\u2029' ? ' ' : source[i];
            }
        });
    }

    private TimeSpan? RetryAfterOf(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date - _time.GetUtcNow() is var delay && delay > TimeSpan.Zero => delay,
        _ => null,
    };
}
