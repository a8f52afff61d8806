using MeshLib.TestKit;
using MeshLib.Tests.Calls;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ServiceDiscovery;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Services;

/// <summary>What a host remembers, how much of it, and for how long.</summary>
public class MeshServicesTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task UndeclaredService_IsForgottenWhenNobodyCallsItAndFoundAgain()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time);
        mesh.Source.Publish("pricing", "http://10.0.1.1");
        mesh.Transport.AnswerWith(200);
        (await GetAsync(mesh, "http://pricing/")).Dispose();
        Assert.Equal(2, mesh.Source.LiveProviders);

        await _time.AdvanceUntilAsync(() => mesh.Source.LiveProviders == 1, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(11));
        Assert.DoesNotContain(mesh.Root.Services, service => service.Name == "pricing");
        Assert.Single(mesh.Logs.WithEvent(310));

        // The declared one lives on without traffic, and the client's memory of the other is not what it goes by.
        Assert.Contains(mesh.Root.Services, service => service.Name == VirtualMesh.Orders);
        (await GetAsync(mesh, "http://pricing/")).Dispose();
        Assert.Equal(2, mesh.Source.LiveProviders);
    }

    [Fact]
    public async Task UndeclaredServiceThatIsCalled_IsKept()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time);
        mesh.Source.Publish("pricing", "http://10.0.1.1");
        mesh.Transport.AnswerWith(200);
        for (var minutes = 0; minutes < 60; minutes += 4)
        {
            (await GetAsync(mesh, "http://pricing/")).Dispose();
            _time.Advance(TimeSpan.FromMinutes(4));
        }

        Assert.Equal(2, mesh.Source.CreatedProviders);
    }

    [Fact]
    public async Task UndeclaredHosts_AreWatchedUpToACapAndThenPassedThrough()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time);
        mesh.Transport.AnswerWith(200);
        for (var number = 0; number < MeshServices.MostUndeclaredSets + 50; number++)
        {
            (await GetAsync(mesh, $"http://host-{number}.example.com/")).Dispose();
        }

        Assert.InRange(mesh.Root.Sets.Count(), MeshServices.MostUndeclaredSets, MeshServices.MostUndeclaredSets + 1);
        (await GetAsync(mesh, "http://orders/")).Dispose();
        Assert.NotNull(mesh.Transport.Requests[^1].MeshTimeout);
    }

    [Fact]
    public async Task ServiceThatIsForgottenAsItIsCalledAgain_StaysOne()
    {
        await using var mesh = VirtualMesh.Create(_time);
        mesh.Source.Publish("pricing", "http://10.0.1.1");
        EndpointSetKey[] keys = [new("http", "pricing", -1), new("http", "_admin.pricing", -1)];
        using var stop = new CancellationTokenSource();
        var callers = keys.Select(key => Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                mesh.Root.Find(key);
                Thread.Yield();
            }
        })).ToArray();
        for (var round = 0; round < 3_000; round++)
        {
            _time.Advance(TimeSpan.FromMinutes(5));
            Assert.True(Pricing().Count() <= 1, $"Round {round}: {Pricing().Count()} services have one name.");
        }

        await stop.CancelAsync();
        await Task.WhenAll(callers).WithinHangLimit();

        IEnumerable<MeshService> Pricing() => mesh.Root.Sets.Select(static set => set.Service).Where(static service => service.Name == "pricing").Distinct();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task DisposedHost_StopsEveryWatchAndEveryTimer(bool asynchronously)
    {
        var counting = new CountingTimeProvider(_time);
        var source = new ManualEndpointSource { PushesChanges = false };
        source.Publish("orders", "http://10.0.0.1");
        source.Publish("pricing", "http://10.0.0.2");
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(counting);
        services.AddSingleton<IServiceEndpointProviderFactory>(source);
        services.AddMesh(options => _ = options.Services["orders"]);
        var provider = services.BuildServiceProvider();
        using var transport = new ScriptedTransport();
        transport.AnswerWith(200);
        using (var invoker = new HttpMessageInvoker(provider.GetRequiredService<IMeshHandlerFactory>().CreateHandler(transport)))
        {
            foreach (var name in (string[])["orders", "pricing"])
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{name}/");
                (await invoker.SendAsync(request, CancellationToken.None).WithinHangLimit()).Dispose();
            }
        }

        Assert.Equal(2, source.LiveProviders);
        await Eventually.BecomesTrueAsync(() => counting.LiveTimers > 1);
        if (asynchronously)
        {
            await provider.DisposeAsync().WithinHangLimit();
        }
        else
        {
            provider.Dispose();
        }

        await Eventually.EqualsAsync(0, () => source.LiveProviders);
        await Eventually.EqualsAsync(0, () => counting.LiveTimers);
    }

    [Fact]
    public async Task CallAfterTheHostIsGone_SaysSo()
    {
        var mesh = await VirtualMesh.StartAsync(_time);
        await mesh.Root.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => mesh.GetAsync().WithinHangLimit());
        await mesh.DisposeAsync();
    }

    [Fact]
    public async Task Directory_ShowsWhatTheMeshKnows()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time, endpoints: 2);
        var directory = mesh.Services.GetRequiredService<IMeshDirectory>();
        var call = mesh.GetAsync();
        var exchange = await mesh.Transport.NextAsync();

        var view = directory.Services.Single(service => service.Name == "orders");
        Assert.Equal((true, false, 1, TimeSpan.Zero), (view.Resolved, view.Panic, view.InFlight, view.StaleFor));
        Assert.Equal(2, view.Endpoints.Count);
        Assert.Equal(5.0, view.RetryBudget, 0.5);
        exchange.Respond(200);
        (await call.WithinHangLimit()).Dispose();
        Assert.Equal(0, directory.Services.Single().InFlight);
    }

    [Fact]
    public async Task WarmUp_ResolvesEveryDeclaredServiceBeforeItsFirstCall()
    {
        await using var mesh = VirtualMesh.Create(_time, services: services => services.AddMesh(options => _ = options.Services["pricing"]));
        mesh.Source.Publish("orders", VirtualMesh.Address(1));
        mesh.Source.Publish("pricing", VirtualMesh.Address(2));
        var directory = mesh.Services.GetRequiredService<IMeshDirectory>();
        Assert.All(directory.Services, service => Assert.False(service.Resolved));

        await directory.WarmUpAsync([]).WithinHangLimit();

        Assert.Equal(["orders", "pricing"], directory.Services.Select(service => service.Name));
        Assert.All(directory.Services, service => Assert.True(service.Resolved));
    }

    [Fact]
    public async Task TwoHostsInOneProcess_ShareNothing()
    {
        await using var one = await VirtualMesh.StartAsync(_time, policy => policy.CircuitBreaker.ConsecutiveFailures = 1, endpoints: 1);
        await using var other = await VirtualMesh.StartAsync(_time, endpoints: 1);
        one.Transport.AnswerWith(503);
        other.Transport.AnswerWith(200);
        (await one.SendAsync(VirtualMesh.Request("POST")).WithinHangLimit()).Dispose();

        Assert.Equal(EndpointState.Open, one.Endpoints[0].State);
        Assert.Equal(EndpointState.Available, other.Endpoints[0].State);
        (await other.GetAsync().WithinHangLimit()).Dispose();
        Assert.Equal(1, one.Meters.Count("mesh.client.request.duration"));
        Assert.Equal(1, other.Meters.Count("mesh.client.request.duration"));
    }

    private static Task<HttpResponseMessage> GetAsync(VirtualMesh mesh, string address) => mesh.SendAsync(new HttpRequestMessage(HttpMethod.Get, address)).WithinHangLimit();
}
