using System.Globalization;
using System.Net;
using System.Text.Json;

namespace MeshLib.Consul;

/// <summary>The dozen calls of Consul's HTTP API that the mesh needs. Safe for concurrent use.</summary>
internal sealed class ConsulClient(ConsulTransport transport, ConsulOptions options) : IDisposable
{
    private static readonly TimeSpan ReadLimit = TimeSpan.FromSeconds(10);

    // While the servers have no quorum the agent holds writes for up to 21 s and then does them: giving up earlier would do them twice.
    private static readonly TimeSpan WriteLimit = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan BlockingMargin = TimeSpan.FromSeconds(10);

    /// <summary>The agent, as it may be shown.</summary>
    public string Address => transport.Address.ToString();

    /// <summary>All instances of a service, healthy or not.</summary>
    /// <param name="query">Which instances.</param>
    /// <param name="index">0 to be answered at once, else the index after which a change is waited for.</param>
    /// <param name="wait">How long a change is waited for.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<HealthAnswer> GetHealthAsync(HealthQuery query, ulong index, TimeSpan wait, CancellationToken cancellationToken)
    {
        var path = Scoped(new ConsulPath("v1/health/service/", query.Service))
            .With("dc", query.Datacenter)
            .With("filter", query.Filter);
        if (options.ReadMode is ConsulReadMode.Stale or ConsulReadMode.Cached)
        {
            path.Flag(options.ReadMode is ConsulReadMode.Stale ? "stale" : "cached");
        }

        if (index > 0)
        {
            path.With("index", index.ToString(CultureInfo.InvariantCulture)).With("wait", GoDuration.Format(wait));
        }

        // Consul adds up to a sixteenth to the wait, so that the clients of one service do not all come back at once.
        var limit = index > 0 ? (wait * 17 / 16) + BlockingMargin : ReadLimit;
        return transport.SendAsync(new ConsulRequest(HttpMethod.Get, path.ToString(), limit) { Blocking = true }, ReadHealthAsync, cancellationToken);
    }

    /// <summary>One immediate read outside any watch, for reading one's own registration back.</summary>
    public async Task<IReadOnlyList<HealthEntry?>> FindAsync(HealthQuery query, CancellationToken cancellationToken)
    {
        var path = Scoped(new ConsulPath("v1/health/service/", query.Service)).With("dc", query.Datacenter).With("filter", query.Filter);
        var answer = await transport.SendAsync(new ConsulRequest(HttpMethod.Get, path.ToString(), ReadLimit), ReadHealthAsync, cancellationToken).ConfigureAwait(false);
        return answer.Entries;
    }

    /// <summary>Who the local agent is.</summary>
    public Task<AgentSelf> GetAgentAsync(CancellationToken cancellationToken) =>
        transport.SendAsync(new ConsulRequest(HttpMethod.Get, "v1/agent/self", ReadLimit), static async (response, body, token) =>
        {
            RequireJson(response);
            return await JsonSerializer.DeserializeAsync(body, ConsulJson.Default.AgentSelf, token).ConfigureAwait(false) ?? new AgentSelf();
        }, cancellationToken);

    /// <summary>Registers an instance at the local agent, or changes it. A 200 says only that the agent took it, not that the catalogue has it.</summary>
    public Task RegisterServiceAsync(AgentServiceRegistration registration, CancellationToken cancellationToken) =>
        WriteAsync(
            Scoped(new ConsulPath("v1/agent/service/register").With("replace-existing-checks", "true")),
            JsonSerializer.SerializeToUtf8Bytes(registration, ConsulJson.Default.AgentServiceRegistration),
            cancellationToken);

    /// <summary>Takes an instance away. One that the agent does not know is as good as taken away.</summary>
    public async Task DeregisterServiceAsync(string serviceId, CancellationToken cancellationToken)
    {
        try
        {
            await WriteAsync(Scoped(new ConsulPath("v1/agent/service/deregister/", serviceId)), null, cancellationToken).ConfigureAwait(false);
        }
        catch (ConsulException e) when (e.StatusCode is HttpStatusCode.NotFound || IsUnknown(e, "Unknown service"))
        {
        }
    }

    /// <summary>Puts an instance into maintenance, which takes it out of every client's list at once, or back.</summary>
    /// <returns>Whether the agent knows the instance.</returns>
    public async Task<bool> SetMaintenanceAsync(string serviceId, bool enabled, string? reason, CancellationToken cancellationToken)
    {
        var path = Scoped(new ConsulPath("v1/agent/service/maintenance/", serviceId).With("enable", enabled ? "true" : "false").With("reason", reason));
        try
        {
            await WriteAsync(path, null, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (ConsulException e) when (e.StatusCode is HttpStatusCode.NotFound || IsUnknown(e, "Unknown service"))
        {
            return false;
        }
    }

    /// <summary>The heartbeat of a TTL check.</summary>
    /// <param name="checkId">The check.</param>
    /// <param name="status">One of <see cref="CheckStatus"/>.</param>
    /// <param name="output">A text for people. Constant where possible: a new text costs a write, and no watcher sees it.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>Whether the agent knows the check; if not, it has lost the registration, and it must be made again.</returns>
    public async Task<bool> UpdateCheckAsync(string checkId, string status, string output, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new AgentCheckUpdate(status, output), ConsulJson.Default.AgentCheckUpdate);
        try
        {
            await WriteAsync(Scoped(new ConsulPath("v1/agent/check/update/", checkId)), body, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (ConsulException e) when (e.StatusCode is HttpStatusCode.NotFound || IsUnknown(e, "does not have associated TTL") || IsUnknown(e, "Unknown check"))
        {
            return false;
        }
    }

    public void Dispose() => transport.Dispose();

    // Consul 1.8 answers 500 where newer versions answer 404; only the text tells it from a broken server.
    private static bool IsUnknown(ConsulException e, string text) =>
        e.Failure is ConsulFailure.ServerError && e.Text.Contains(text, StringComparison.OrdinalIgnoreCase);

    private static async ValueTask<HealthAnswer> ReadHealthAsync(HttpResponseMessage response, Stream body, CancellationToken cancellationToken)
    {
        RequireJson(response);
        var entries = await JsonSerializer.DeserializeAsync(body, ConsulJson.Default.ListHealthEntry, cancellationToken).ConfigureAwait(false)
            ?? throw new ConsulException(ConsulFailure.InvalidAnswer, "Consul answered with null where a list of instances is due.");
        return new HealthAnswer(entries, NumberIn(response, "X-Consul-Index"), LagOf(response));
    }

    /// <summary>A header's number; 0 for one that is missing, negative, too large or no number at all.</summary>
    private static ulong NumberIn(HttpResponseMessage response, string header) =>
        response.Headers.TryGetValues(header, out var values)
        && ulong.TryParse(values.FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : 0;

    // Stale reads tell when the server last heard its leader, in milliseconds; the agent's cache tells how old its answer is once it lost the servers.
    private static TimeSpan LagOf(HttpResponseMessage response)
    {
        var contact = TimeSpan.FromMilliseconds(Math.Min(NumberIn(response, "X-Consul-LastContact"), uint.MaxValue));
        var age = response.Headers.Age ?? TimeSpan.Zero;
        return contact > age ? contact : age;
    }

    private static void RequireJson(HttpResponseMessage response)
    {
        var type = response.Content.Headers.ContentType?.MediaType;
        if (!string.Equals(type, "application/json", StringComparison.OrdinalIgnoreCase))
        {
            // What a login page or a captive portal answers with 200.
            throw new ConsulException(ConsulFailure.InvalidAnswer, $"The answer is not JSON but '{type ?? "nothing"}': something else than Consul seems to answer.");
        }
    }

    private Task<bool> WriteAsync(ConsulPath path, byte[]? body, CancellationToken cancellationToken) =>
        transport.SendAsync(new ConsulRequest(HttpMethod.Put, path.ToString(), WriteLimit) { Body = body }, static (_, _, _) => ValueTask.FromResult(true), cancellationToken);

    // Namespaces exist in Consul Enterprise alone, and everyone else answers 400 to the mere parameter.
    private ConsulPath Scoped(ConsulPath path) => path.With("ns", options.Namespace).With("partition", options.Partition);
}
