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

        await SwitchAsync("Resolve");
        for (var call = 0; call < 3; call++)
        {
            using var response = await mesh.GetAsync().WithinHangLimit();
            Assert.Equal(503, (int)response.StatusCode);
        }

        Assert.Equal(4, mesh.Transport.Attempts);

        // What the mesh had learnt is still there.
        await SwitchAsync("Enforce");
        await Assert.ThrowsAsync<NoEndpointAvailableException>(() => mesh.GetAsync().WithinHangLimit());
        await mesh.AssertIdleAsync();

        async Task SwitchAsync(string mode)
        {
            var version = mesh.Services.GetRequiredService<MeshPolicies>().Version;
            configuration["Mesh:Mode"] = mode;
            configuration.Reload();
            await _time.AdvanceUntilAsync(() => mesh.Services.GetRequiredService<MeshPolicies>().Version > version, TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(2_000));
        }
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
        var version = mesh.Services.GetRequiredService<MeshPolicies>().Version;
        configuration["Mesh:Mode"] = mode;
        configuration.Reload();
        await _time.AdvanceUntilAsync(() => mesh.Services.GetRequiredService<MeshPolicies>().Version > version, TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(2_000));

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
        var version = mesh.Services.GetRequiredService<MeshPolicies>().Version;
        configuration["Mesh:Mode"] = "Resolve";
        configuration.Reload();
        await _time.AdvanceUntilAsync(() => mesh.Services.GetRequiredService<MeshPolicies>().Version > version, TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(2_000));
        Assert.Equal(1, mesh.Endpoints.Sum(endpoint => endpoint.InFlight));

        stream.Dispose();

        await mesh.AssertIdleAsync();
    }
}
