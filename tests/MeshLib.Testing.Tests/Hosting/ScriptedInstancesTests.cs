using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Testing.Tests.Hosting;

/// <summary>Scripted instances behind the mesh as it runs in production, on virtual time.</summary>
public sealed class ScriptedInstancesTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Calls_WhenOneOfThreeInstancesFails_AllSucceedAndItsBreakerAloneIsOpen()
    {
        var orders = new FakeService("orders", instances: 3);
        orders[1].Answers(FakeAnswer.Status(503));
        await using var host = HostOf(orders, options => options.Defaults.LoadBalancing.Policy = "RoundRobin");

        for (var call = 0; call < 100; call++)
        {
            using var response = await GetAsync(host);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.Equal(5, orders[1].Received.Count);
        Assert.Equal([EndpointState.Available, EndpointState.Open, EndpointState.Available], StatesIn(host));
    }

    [Fact]
    public async Task AnInstance_WhenItIsWellAgain_IsProbedInVirtualTimeAndUsed()
    {
        var orders = new FakeService("orders", instances: 2);
        orders[0].Answers(FakeAnswer.Status(503));
        await using var host = HostOf(orders, options => options.Defaults.LoadBalancing.Policy = "RoundRobin");
        for (var call = 0; call < 20; call++)
        {
            using var response = await GetAsync(host);
        }

        orders[0].Answers(FakeAnswer.Ok());
        _time.Advance(TimeSpan.FromSeconds(2));
        using var probe = await GetAsync(host);

        Assert.Equal(6, orders[0].Received.Count);
        Assert.Equal([EndpointState.Available, EndpointState.Available], StatesIn(host));
    }

    [Fact]
    public async Task ADelay_PassesInVirtualTime()
    {
        var orders = new FakeService("orders").Answers(FakeAnswer.Ok("late").After(TimeSpan.FromMinutes(1)));
        await using var host = HostOf(orders, options => (options.Defaults.Timeout, options.Defaults.Retry.MaxAttempts) = (TimeSpan.FromMinutes(2), 1));
        var started = _time.GetTimestamp();

        using var response = await GetAsync(host);

        Assert.Equal("late", await response.Content.ReadAsStringAsync());
        Assert.InRange(_time.GetElapsedTime(started), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2));
    }

    [Fact]
    public async Task AnInstanceThatHangs_IsGivenUpAfterTheAttemptTimeout_AndAnotherAnswers()
    {
        var orders = new FakeService("orders", instances: 2).Answers(FakeAnswer.Hang, FakeAnswer.Ok());
        await using var host = HostOf(orders);
        var started = _time.GetTimestamp();

        using var response = await GetAsync(host);

        Assert.Equal([OutcomeReason.AttemptTimeout, OutcomeReason.AttemptTimeout, OutcomeReason.Ok], response.GetMeshReport()!.Attempts.Select(static attempt => attempt.Reason));
        Assert.InRange(_time.GetElapsedTime(started), TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(20));
        Assert.Equal(0, orders.Instances.Sum(static instance => instance.InFlight));
    }

    [Fact]
    public async Task ACall_WhenNobodyAnswersInTime_EndsWithItsTimeout()
    {
        var orders = new FakeService("orders", instances: 2).Answers(FakeAnswer.Hang);
        await using var host = HostOf(orders);
        var started = _time.GetTimestamp();

        var error = await Assert.ThrowsAsync<DeadlineExceededException>(() => GetAsync(host));

        Assert.Equal(OutcomeReason.Timeout, error.Reason);
        Assert.InRange(_time.GetElapsedTime(started), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task ARefusedConnection_IsTriedElsewhereWhateverTheMethod_AndIsNotReceived()
    {
        var orders = new FakeService("orders", instances: 2);
        orders[0].Answers(FakeAnswer.Refused);
        await using var host = HostOf(orders, options => options.Defaults.LoadBalancing.Policy = "RoundRobin");

        for (var call = 0; call < 4; call++)
        {
            using var response = await ClientOf(host).PostAsync("/orders", new StringContent($"order {call}")).WhileTimePasses(_time.Advance);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.InRange(orders[0].Attempts, 1, 4);
        Assert.Empty(orders[0].Received);
        Assert.Equal(["order 0", "order 1", "order 2", "order 3"], orders[1].Received.Select(static request => request.Text));
    }

    [Fact]
    public async Task AResetConnection_IsNoReasonToSendAPostAgain()
    {
        var orders = new FakeService("orders", instances: 2).Answers(FakeAnswer.Reset);
        await using var host = HostOf(orders);

        using var content = new StringContent("order");
        await Assert.ThrowsAsync<HttpRequestException>(() => ClientOf(host).PostAsync("/orders", content).WhileTimePasses(_time.Advance));

        Assert.Equal(1, orders.Instances.Sum(static instance => instance.Received.Count));
    }

    [Fact]
    public async Task AScript_IsPlayedInOrderAndItsLastAnswerRepeated()
    {
        var orders = new FakeService("orders").Answers(FakeAnswer.Status(404, "first"), FakeAnswer.Json("2"), FakeAnswer.Ok("third"));
        await using var host = HostOf(orders);
        var bodies = new List<string>();

        for (var call = 0; call < 4; call++)
        {
            using var response = await GetAsync(host);
            bodies.Add($"{(int)response.StatusCode} {response.Content.Headers.ContentType!.MediaType} {await response.Content.ReadAsStringAsync()}");
        }

        Assert.Equal(["404 text/plain first", "200 application/json 2", "200 text/plain third", "200 text/plain third"], bodies);
    }

    [Fact]
    public async Task RetryAfter_IsWaitedForInVirtualTime()
    {
        var orders = new FakeService("orders").Answers(FakeAnswer.Status(503).WithHeader("Retry-After", "2"), FakeAnswer.Ok());
        await using var host = HostOf(orders);

        using var response = await GetAsync(host);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var pause = orders[0].Received[1].At - orders[0].Received[0].At;
        Assert.InRange(pause, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4));
    }

    [Fact]
    public async Task AFunction_AnswersByWhatWasReceived()
    {
        var orders = new FakeService("orders", instances: 2).Answers(FakeAnswer.By(static request => new HttpResponseMessage(HttpStatusCode.Created)
        {
            Content = new StringContent($"{request.Method} {request.Path} {request.Text} {request.Headers["X-Tenant"]}"),
        }));
        await using var host = HostOf(orders);

        using var message = new HttpRequestMessage(HttpMethod.Put, "/orders/7?hurry=%2f") { Content = new StringContent("two"), Headers = { { "x-tenant", "gold" } } };
        using var response = await ClientOf(host).SendAsync(message).WhileTimePasses(_time.Advance);

        Assert.Equal("PUT /orders/7?hurry=%2f two gold", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task WhatIsReceived_ShowsTheMeshsHeadersOnEachAttempt()
    {
        var orders = new FakeService("orders").Answers(FakeAnswer.Status(503), FakeAnswer.Ok());
        await using var host = HostOf(orders);

        using var response = await GetAsync(host);

        Assert.Equal(["3000m", "3000m"], orders[0].Received.Select(static request => request.Headers["mesh-timeout"]));
        Assert.False(orders[0].Received[0].Headers.ContainsKey("mesh-attempt"));
        Assert.Equal("2", orders[0].Received[1].Headers["mesh-attempt"]);
        Assert.Equal("GET http://orders-0.test/orders/7", orders[0].Received[1].ToString());
    }

    [Fact]
    public async Task ABodyThatCanBeReadOnce_DoesNotBecomeRepeatableByBeingReceived()
    {
        var orders = new FakeService("orders", instances: 2).Answers(FakeAnswer.Status(503));
        await using var host = HostOf(orders, options => options.Defaults.Retry.ReplayLimit = 0);

        using var message = new HttpRequestMessage(HttpMethod.Put, "/orders/7") { Content = new StreamContent(new MemoryStream("once"u8.ToArray())) };
        message.AllowMeshRetry(true);
        using var response = await ClientOf(host).SendAsync(message).WhileTimePasses(_time.Advance);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("once", Assert.Single(orders.Instances.SelectMany(static instance => instance.Received)).Text);
    }

    [Fact]
    public async Task ASynchronousCall_IsAnswered()
    {
        var orders = new FakeService("orders").Answers(FakeAnswer.Ok("7"));
        await using var host = HostOf(orders);

        using var message = new HttpRequestMessage(HttpMethod.Get, "/orders/7");
        using var response = await Task.Run(() => ClientOf(host).Send(message)).WithinHangLimit();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Instances_ComeAndGo_AsInARegistry()
    {
        var orders = new FakeService("orders");
        await using var host = HostOf(orders, options => (options.Defaults.LoadBalancing.Policy, options.Defaults.LoadBalancing.SlowStart) = ("RoundRobin", TimeSpan.Zero));
        using var before = await GetAsync(host);

        var second = orders.Add(new EndpointMetadata { Zone = "b", Version = "v2" });
        await TimePassesUntilAsync(host, static endpoints => endpoints.Count == 2);
        for (var call = 0; call < 4; call++)
        {
            using var response = await GetAsync(host);
        }

        Assert.Equal(2, second.Received.Count);
        Assert.Equal("v2", Assert.Single(EndpointsIn(host), endpoint => endpoint.Address.Host == second.ToString()).Metadata.Version);

        orders.Remove(second);
        await TimePassesUntilAsync(host, static endpoints => endpoints.Count == 1);
        using var after = await GetAsync(host);

        Assert.Equal(2, second.Received.Count);
    }

    [Fact]
    public async Task AnInstanceThatTheRegistryFindsUnhealthy_GetsNothing()
    {
        var orders = new FakeService("orders", instances: 3);
        await using var host = HostOf(orders);
        using var before = await GetAsync(host);
        var received = orders[0].Received.Count;

        orders[0].Metadata = orders[0].Metadata with { Healthy = false };
        await TimePassesUntilAsync(host, static endpoints => endpoints.Any(static endpoint => endpoint.State == EndpointState.Unhealthy));
        for (var call = 0; call < 20; call++)
        {
            using var response = await GetAsync(host);
        }

        Assert.Equal(received, orders[0].Received.Count);
    }

    [Fact]
    public async Task AnInstance_ThatFailsTheMeshsOwnHealthChecks_GetsNothing()
    {
        var orders = new FakeService("orders", instances: 3);
        orders[2].Answers(FakeAnswer.By(static request => new HttpResponseMessage(request.Path == "/health" ? HttpStatusCode.InternalServerError : HttpStatusCode.OK)));
        await using var host = HostOf(orders, static options => options.Defaults.HealthCheck.Path = "/health");
        await host.GetRequiredService<IMeshDirectory>().WarmUpAsync([]).WithinHangLimit();
        await TimePassesUntilAsync(host, static endpoints => endpoints.Count(static endpoint => endpoint.State == EndpointState.Unhealthy) == 1);

        for (var call = 0; call < 20; call++)
        {
            using var response = await GetAsync(host);
        }

        Assert.All(orders[2].Received, static request => Assert.Equal("/health", request.Path));
        Assert.Contains(orders[0].Received, static request => request.Path == "/health");
    }

    [Fact]
    public async Task AService_WithoutInstances_HasNoEndpoint()
    {
        await using var host = HostOf(new FakeService("orders", instances: 0));

        var error = await Assert.ThrowsAsync<NoEndpointAvailableException>(() => GetAsync(host));

        Assert.Equal(OutcomeReason.NoEndpoint, error.Reason);
    }

    [Fact]
    public async Task Chance_IsTheSameInEveryHost_UntilItIsSeededOtherwise()
    {
        var alike = (await PicksAsync(seed: null), await PicksAsync(seed: 0));
        var others = await PicksAsync(seed: 1);

        Assert.Equal(alike.Item1, alike.Item2);
        Assert.NotEqual(alike.Item1, others);

        async Task<string> PicksAsync(int? seed)
        {
            var orders = new FakeService("orders", instances: 8);
            await using var host = HostOf(orders, options => options.Defaults.LoadBalancing.Policy = "Random", testing => _ = seed is { } value ? testing.UseSeed(value) : testing);
            var picks = new List<string>();
            for (var call = 0; call < 20; call++)
            {
                using var response = await GetAsync(host);
                picks.Add(response.GetMeshReport()!.Attempts[0].Endpoint.Host);
            }

            return string.Join(' ', picks);
        }
    }

    [Theory]
    [InlineData("http://orders")]
    [InlineData("orders/1")]
    [InlineData("orders:80")]
    [InlineData("user@orders")]
    public void AName_ThatIsNoService_IsRefused(string name) => Assert.Throws<ArgumentException>(() => new FakeService(name));

    private ServiceProvider HostOf(FakeService service, Action<MeshOptions>? configure = null, Action<MeshTestingBuilder>? testing = null)
    {
        var services = new ServiceCollection();
        services.AddMesh(configure);
        services.AddMeshClient("orders");
        services.AddMeshTesting(mesh => mesh.UseTime(_time).Route(service));
        services.AddMeshTesting(testing);
        return services.BuildServiceProvider();
    }

    private static HttpClient ClientOf(ServiceProvider host) => host.GetRequiredService<IHttpClientFactory>().CreateClient("orders");

    private Task<HttpResponseMessage> GetAsync(ServiceProvider host) => ClientOf(host).GetAsync("/orders/7").WhileTimePasses(_time.Advance).WithinHangLimit();

    private static IReadOnlyList<MeshEndpoint> EndpointsIn(ServiceProvider host) => Assert.Single(host.GetRequiredService<IMeshDirectory>().Services).Endpoints;

    private static IEnumerable<EndpointState> StatesIn(ServiceProvider host) => EndpointsIn(host).OrderBy(static endpoint => endpoint.Address.Host, StringComparer.Ordinal).Select(static endpoint => endpoint.State);

    private Task TimePassesUntilAsync(ServiceProvider host, Func<IReadOnlyList<MeshEndpoint>, bool> condition) =>
        _time.AdvanceUntilAsync(() => condition(EndpointsIn(host)), TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1));
}
