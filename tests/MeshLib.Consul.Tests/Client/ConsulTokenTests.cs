using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Tracing;
using System.Net;
using MeshLib.TestKit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.ServiceDiscovery;
using static MeshLib.Consul.Tests.TestConsul;

namespace MeshLib.Consul.Tests;

/// <summary>Where the token goes, and where it does not.</summary>
public sealed class ConsulTokenTests : IDisposable
{
    private const string Canary = "s3cr3t-canary-7b1e";
    private readonly string _file = Path.GetTempFileName();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => File.Delete(_file);

    [Fact]
    [Trait("Scenario", "S19")]
    public async Task TheToken_IsInItsHeaderAndNeverInTheTarget()
    {
        await using var consul = new ScriptedConsul(_ => ScriptedConsulReply.Json("[]", 9));
        using var client = Client(consul, options => options.Token = Canary);
        await client.GetHealthAsync(new HealthQuery("orders"), 0, TimeSpan.FromSeconds(5), Cancel);
        await client.GetHealthAsync(new HealthQuery("orders"), 3, TimeSpan.FromSeconds(5), Cancel);
        await client.DeregisterServiceAsync("x", Cancel);

        Assert.All(consul.Requests, request =>
        {
            Assert.Equal(Canary, request.Headers["X-Consul-Token"]);
            Assert.DoesNotContain("token", request.Target, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(Canary, request.Target, StringComparison.Ordinal);
            Assert.DoesNotContain("traceparent", request.Headers.Keys, StringComparer.OrdinalIgnoreCase);
        });
    }

    [Fact]
    [Trait("Scenario", "S21")]
    [Trait("Scenario", "S07")]
    public async Task TheToken_IsNotCarriedByARedirect()
    {
        await using var elsewhere = new ScriptedConsul(_ => ScriptedConsulReply.Json("[]", 9));
        await using var consul = new ScriptedConsul(_ => ScriptedConsulReply.Status(307, "", "text/plain", $"Location: {elsewhere.Address}/latest/meta-data"));
        using var client = Client(consul, options => options.Token = Canary);
        await Assert.ThrowsAsync<ConsulException>(() => client.GetAgentAsync(Cancel));

        Assert.Empty(elsewhere.Requests);
    }

    [Fact]
    [Trait("Scenario", "S20")]
    public async Task TheToken_IsInNoLogTraceExceptionOrStatusWhateverConsulDoes()
    {
        using var logs = new CapturedLogs();
        using var events = new NetworkEvents();
        var activities = new ConcurrentQueue<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => activities.Enqueue($"{activity.DisplayName} {string.Join(';', activity.TagObjects)}"),
        };
        ActivitySource.AddActivityListener(listener);
        ScriptedConsulWriter[] answers =
        [
            ScriptedConsulReply.Status(403, $"ACL not found: {Canary}"),
            ScriptedConsulReply.Status(500, new string('x', 190) + Canary),
            ScriptedConsulReply.Status(404, "no"),
            ScriptedConsulReply.Status(429, "slow", "text/plain", "Retry-After: 1"),
            ScriptedConsulReply.Status(200, $"<html>{Canary}</html>", "text/html"),
            ScriptedConsulReply.Json($"{{\"{Canary}\":", 9),
            ScriptedConsulReply.Raw($"{Canary}\r\n\r\n"),
            ScriptedConsulReply.Truncated($"[\"{Canary}"),
            ScriptedConsulReply.Reset(),
            ScriptedConsulReply.Json("[]", 9),
        ];
        var addresses = new List<string>();
        foreach (var answer in answers)
        {
            await using var consul = new ScriptedConsul(_ => answer);
            addresses.Add(consul.Address);
            var services = new ServiceCollection();
            services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
            services.AddLogging(builder => builder.SetMinimumLevel(LogLevel.Trace).AddProvider(logs));
            services.AddServiceDiscovery();
            services.AddConsulServiceEndpointProvider(options => (options.Address, options.Token, options.FirstAnswerTimeout) = (consul.Address, Canary, TimeSpan.FromSeconds(0.2)));
            await using var host = services.BuildServiceProvider();
            var failure = await Record.ExceptionAsync(async () => await host.GetRequiredService<ServiceEndpointResolver>().GetEndpointsAsync("http://orders", Cancel));
            Assert.DoesNotContain(Canary, $"{failure}", StringComparison.Ordinal);
            Assert.NotEmpty(consul.Requests);
        }

        Assert.NotEmpty(logs.Entries);
        Assert.DoesNotContain(logs.Entries, entry => entry.Text.Contains(Canary, StringComparison.Ordinal));
        Assert.DoesNotContain(activities, text => text.Contains(Canary, StringComparison.Ordinal) || addresses.Exists(address => text.Contains(address, StringComparison.Ordinal)));

        // What a server sends instead of a status line is quoted by the platform itself; everything else is ours.
        Assert.DoesNotContain(events.Texts, text => text.Contains(Canary, StringComparison.Ordinal) && !text.Contains("status line", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TheTokenFile_IsReadAgainWhenConsulRefusesIt()
    {
        await File.WriteAllTextAsync(_file, "old\n", Cancel);
        await using var consul = new ScriptedConsul(request => request.Headers["X-Consul-Token"] == "new" ? ScriptedConsulReply.Json("{}", null) : ScriptedConsulReply.Status(403, "ACL not found"));
        using var client = Client(consul, options => options.TokenFile = _file);
        await File.WriteAllTextAsync(_file, "new\n", Cancel);
        await client.GetAgentAsync(Cancel);
        await client.GetAgentAsync(Cancel);

        Assert.Equal(["old", "new", "new"], consul.Requests.Select(request => request.Headers["X-Consul-Token"]));
    }

    [Fact]
    public async Task TheTokenFile_WhenItHoldsNothingNew_IsTriedOnce()
    {
        await File.WriteAllTextAsync(_file, "old", Cancel);
        await using var consul = new ScriptedConsul(_ => ScriptedConsulReply.Status(403, "ACL not found"));
        using var client = Client(consul, options => options.TokenFile = _file);
        var error = await Assert.ThrowsAsync<ConsulException>(() => client.GetAgentAsync(Cancel));

        Assert.Equal((HttpStatusCode.Forbidden, ConsulFailure.Denied), (error.StatusCode, error.Failure));
        Assert.Single(consul.Requests);
    }

    [Fact]
    public async Task TheTokenFile_WhenItIsNotThereYet_IsToldAndReadAsSoonAsItIs()
    {
        File.Delete(_file);
        using var logs = new CapturedLogs();
        await using var consul = new ScriptedConsul(_ => ScriptedConsulReply.Json("{}", null));
        var services = new ServiceCollection();
        services.AddLogging(builder => builder.AddProvider(logs));
        services.AddConsulClient(options => (options.Address, options.TokenFile) = (consul.Address, _file));
        await using var host = services.BuildServiceProvider();
        var client = host.GetRequiredService<ConsulClient>();
        await client.GetAgentAsync(Cancel);
        await File.WriteAllTextAsync(_file, "late\n", Cancel);
        await client.GetAgentAsync(Cancel);

        // A server without the token's rights need not refuse: it may answer 200 with an empty list.
        Assert.Equal([null, "late"], consul.Requests.Select(request => request.Headers.GetValueOrDefault("X-Consul-Token")));
        Assert.Contains(_file, Assert.Single(logs.Entries, static entry => entry.Id == 2021).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BasicAuthentication_GoesIntoItsHeader()
    {
        await using var consul = new ScriptedConsul(_ => ScriptedConsulReply.Json("{}", null));
        using var client = Client(consul, options => options.BasicAuthentication = "u:p");
        await client.GetAgentAsync(Cancel);

        Assert.Equal("Basic dTpw", Assert.Single(consul.Requests).Headers["Authorization"]);
    }

    /// <summary>Everything that the network stack tells of itself.</summary>
    private sealed class NetworkEvents : EventListener
    {
        public ConcurrentQueue<string> Texts { get; } = new();

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name is "System.Net.Http" or "System.Net.Sockets")
            {
                EnableEvents(eventSource, EventLevel.Verbose);
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData) => Texts?.Enqueue(string.Join(';', eventData.Payload ?? new([])));
    }
}
