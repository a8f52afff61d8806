using MeshLib.TestKit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Calls;

/// <summary>Observe decides and changes nothing; Resolve finds an endpoint and does nothing else; both take effect at run time.</summary>
public class ModeTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Observe_CountsWhatItWouldDoAndChangesNoOutcome()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time, policy =>
        {
            policy.Mode = MeshMode.Observe;
            policy.Bulkhead.MaxConcurrency = 1;
            policy.CircuitBreaker.ConsecutiveFailures = 1;
        }, endpoints: 1);
        var calls = Enumerable.Range(0, 5).Select(_ => mesh.GetAsync()).ToList();
        var exchanges = new List<ScriptedExchange>();
        foreach (var _ in calls)
        {
            exchanges.Add(await mesh.Transport.NextAsync());
        }

        // No limit of time, no limit of number.
        mesh.Advance(TimeSpan.FromHours(1).TotalMilliseconds);
        Assert.All(exchanges, exchange => Assert.False(exchange.CancellationToken.IsCancellationRequested));
        Assert.All(exchanges, exchange => Assert.Null(exchange.Request.MeshTimeout));
        Assert.Equal(4, mesh.Meters.Sum("mesh.client.rejections", ("reason", "bulkhead_full")));
        exchanges.ForEach(exchange => exchange.Respond(503, "as it came"));
        foreach (var call in calls)
        {
            using var response = await call.WithinHangLimit();
            Assert.Equal("as it came", await response.Content.ReadAsStringAsync());
        }

        // The breaker is open, and traffic goes on.
        Assert.Equal(EndpointState.Open, mesh.Endpoints[0].State);
        mesh.Transport.AnswerWith(200);
        (await mesh.GetAsync().WithinHangLimit()).Dispose();
        Assert.Equal(6, mesh.Transport.Attempts);
        Assert.Equal(6, mesh.Meters.Count("mesh.client.request.duration"));
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task Resolve_FindsAnEndpointAndDoesNothingElse()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time, policy =>
        {
            policy.Mode = MeshMode.Resolve;
            policy.Bulkhead.MaxConcurrency = 1;
        });
        var calls = Enumerable.Range(0, 6).Select(_ => mesh.GetAsync("/a?b=c")).ToList();
        var exchanges = new List<ScriptedExchange>();
        foreach (var _ in calls)
        {
            exchanges.Add(await mesh.Transport.NextAsync());
        }

        Assert.All(mesh.Transport.AttemptsPerEndpoint.Values, count => Assert.Equal(2, count));
        mesh.Advance(TimeSpan.FromHours(1).TotalMilliseconds);
        Assert.All(exchanges, exchange => Assert.False(exchange.CancellationToken.CanBeCanceled));
        Assert.All(exchanges, exchange => Assert.Empty(exchange.Request.Headers));
        Assert.All(exchanges, exchange => Assert.Equal("/a?b=c", exchange.Request.Uri.PathAndQuery));
        exchanges.ForEach(exchange => exchange.Respond(503));
        foreach (var call in calls)
        {
            using var response = await call.WithinHangLimit();
            Assert.Equal(503, (int)response.StatusCode);
            Assert.IsType<ScriptedBody>(response.Content);
            Assert.Equal("http://orders/a?b=c", response.RequestMessage!.RequestUri!.AbsoluteUri);
        }

        Assert.Equal(6, mesh.Transport.Attempts);
        await mesh.AssertIdleAsync();
    }

    [Theory]
    [InlineData(MeshMode.Resolve)]
    [InlineData(MeshMode.Observe)]
    public async Task PinnedRequest_GoesToItsEndpointInEveryMode(MeshMode mode)
    {
        await using var mesh = await VirtualMesh.StartAsync(_time, policy => policy.Mode = mode);
        mesh.Transport.AnswerWith(200);
        for (var call = 0; call < 6; call++)
        {
            using var request = VirtualMesh.Request();
            request.PinMeshEndpoint(new Uri(VirtualMesh.Address(2)));
            (await mesh.SendAsync(request).WithinHangLimit()).Dispose();
        }

        Assert.Equal(6, mesh.Transport.AttemptsTo(VirtualMesh.Address(2)));
        using var unknown = VirtualMesh.Request();
        unknown.PinMeshEndpoint(new Uri("http://10.9.9.9:1"));
        var refusal = await Assert.ThrowsAsync<NoEndpointAvailableException>(() => mesh.SendAsync(unknown).WithinHangLimit());
        Assert.Contains("10.9.9.9", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(6, mesh.Transport.Attempts);
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task Resolve_TakesNoProbe_SoThatTheOneAfterItIsNotWaitedFor()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection().Build();
        await using var mesh = await VirtualMesh.StartAsync(_time, policy => policy.CircuitBreaker.ConsecutiveFailures = 1, endpoints: 1, services: services => services.AddSingleton<IConfiguration>(configuration));
        mesh.Transport.AnswerWith(503);
        (await mesh.SendAsync(VirtualMesh.Request("POST")).WithinHangLimit()).Dispose();
        await SwitchAsync(mesh, configuration, "Resolve");
        mesh.Advance(5_000);
        mesh.Transport.AnswerWith(200);
        for (var call = 0; call < 3; call++)
        {
            (await mesh.GetAsync().WithinHangLimit()).Dispose();
        }

        Assert.Equal(EndpointState.Open, mesh.Endpoints[0].State);
        await SwitchAsync(mesh, configuration, "Enforce");
        (await mesh.GetAsync().WithinHangLimit()).Dispose();

        Assert.Equal(EndpointState.Available, mesh.Endpoints[0].State);
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task ObservingCall_IsNotRefusedWhenTheModeBecomesEnforceWhileItsBodyIsRead()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Mesh:Mode", "Observe")]).Build();
        await using var mesh = await VirtualMesh.StartAsync(_time, policy =>
        {
            policy.CircuitBreaker.ConsecutiveFailures = 1;
            policy.CircuitBreaker.BreakDuration = TimeSpan.FromMinutes(1);
        }, endpoints: 1, services: services => services.AddSingleton<IConfiguration>(configuration));
        mesh.Transport.AnswerWith(503);
        (await mesh.GetAsync().WithinHangLimit()).Dispose();
        mesh.Transport.AnswerWith(200);
        var body = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var request = VirtualMesh.Request("PUT", content: new SlowContent(body.Task));
        request.AllowMeshRetry(true);
        var call = mesh.SendAsync(request);

        await SwitchAsync(mesh, configuration, "Enforce");
        await Assert.ThrowsAsync<NoEndpointAvailableException>(() => mesh.GetAsync().WithinHangLimit());
        body.SetResult([1]);

        using var response = await call.WithinHangLimit();
        Assert.Equal(200, (int)response.StatusCode);
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task Resolve_IsAKillSwitchAtRunTimeAndBack()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection().Build();
        await using var mesh = await VirtualMesh.StartAsync(_time, policy =>
        {
            policy.CircuitBreaker.ConsecutiveFailures = 1;
            policy.CircuitBreaker.BreakDuration = TimeSpan.FromMinutes(1);
        }, endpoints: 1, services: services => services.AddSingleton<IConfiguration>(configuration));
        mesh.Transport.AnswerWith(503);
        (await mesh.SendAsync(VirtualMesh.Request("POST")).WithinHangLimit()).Dispose();
        await Assert.ThrowsAsync<NoEndpointAvailableException>(() => mesh.GetAsync().WithinHangLimit());

        await SwitchAsync(mesh, configuration, "Resolve");
        for (var call = 0; call < 3; call++)
        {
            using var response = await mesh.GetAsync().WithinHangLimit();
            Assert.Equal(503, (int)response.StatusCode);
        }

        Assert.Equal(4, mesh.Transport.Attempts);

        // What the mesh had learnt is still there.
        await SwitchAsync(mesh, configuration, "Enforce");
        await Assert.ThrowsAsync<NoEndpointAvailableException>(() => mesh.GetAsync().WithinHangLimit());
        await mesh.AssertIdleAsync();
    }

    [Theory]
    [InlineData("Resolve", false)]
    [InlineData("Observe", true)]
    public async Task RequestThatIsSentAgainInAnotherMode_CarriesNothingOfTheCallBefore(string mode, bool hasReport)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection().Build();
        await using var mesh = await VirtualMesh.StartAsync(_time, services: services => services.AddSingleton<IConfiguration>(configuration));
        mesh.Transport.Answer(request => ScriptedTransport.Response(request.Number == 1 ? 503 : 200));
        using var request = VirtualMesh.Request();
        (await mesh.SendAsync(request).WithinHangLimit()).Dispose();
        Assert.Equal([null, 2], mesh.Transport.Requests.Select(attempt => attempt.MeshAttempt));
        await SwitchAsync(mesh, configuration, mode);

        using var response = await mesh.SendAsync(request).WithinHangLimit();

        Assert.Empty(mesh.Transport.Requests[^1].Headers);
        Assert.Equal(hasReport ? 1 : null, response.GetMeshReport()?.Attempts.Count);
    }

    [Fact]
    public async Task CallsUnderWay_EndAsTheyBeganWhenTheModeChanges()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection().Build();
        await using var mesh = await VirtualMesh.StartAsync(_time, services: services => services.AddSingleton<IConfiguration>(configuration));
        mesh.Transport.Answer(request => request.Uri.AbsolutePath == "/stream" ? ScriptedTransport.Response(200, ScriptedBody.Of("x").ThenStall().WithoutLength()) : ScriptedTransport.Response(200));
        var stream = await mesh.GetAsync("/stream").WithinHangLimit();
        await SwitchAsync(mesh, configuration, "Resolve");
        Assert.Equal(1, mesh.Endpoints.Sum(endpoint => endpoint.InFlight));

        stream.Dispose();

        await mesh.AssertIdleAsync();
    }

    private async Task SwitchAsync(VirtualMesh mesh, IConfigurationRoot configuration, string mode)
    {
        var version = mesh.Services.GetRequiredService<MeshPolicies>().Version;
        configuration["Mesh:Mode"] = mode;
        configuration.Reload();
        await _time.AdvanceUntilAsync(() => mesh.Services.GetRequiredService<MeshPolicies>().Version > version, TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(2_000));
    }

    private sealed class SlowContent(Task<byte[]> body) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) => await stream.WriteAsync(await body);

        protected override bool TryComputeLength(out long length)
        {
            length = 1;
            return true;
        }
    }
}
