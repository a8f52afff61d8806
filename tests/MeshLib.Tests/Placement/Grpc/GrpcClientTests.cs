using Grpc.Core;
using Grpc.Net.Client;
using MeshLib.TestKit;
using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Tests.Placement.Grpc;

/// <summary>gRPC clients of the factory against real servers: the one place in these tests with sockets, because grpc-dotnet looks through the handlers at the wire.</summary>
public sealed class GrpcClientTests : IAsyncLifetime
{
    private readonly List<StockServer> _servers = [];

    public async ValueTask InitializeAsync()
    {
        for (var number = 1; number <= 3; number++)
        {
            _servers.Add(await StockServer.StartAsync(number));
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task Calls_AreBalancedOverAllServers()
    {
        await using var application = NewApplication(options => options.Services["stock"].LoadBalancing.Policy = "RoundRobin");
        var client = application.GetRequiredService<Stock.StockClient>();

        var answers = new List<int>();
        for (var call = 0; call < 9; call++)
        {
            answers.Add((await client.GetLevelAsync(new Article()).ResponseAsync.WithinHangLimit()).Server);
        }

        Assert.Equal([(1, 3), (2, 3), (3, 3)], answers.CountBy(server => server).OrderBy(pair => pair.Key).Select(pair => (pair.Key, pair.Value)));
    }

    [Fact]
    public async Task ChannelOutsideTheFactory_IsBalancedToo()
    {
        await using var application = NewApplication(options => options.Services["stock"].LoadBalancing.Policy = "RoundRobin");
        using var channel = GrpcChannel.ForAddress("http://stock", new GrpcChannelOptions
        {
            HttpHandler = application.GetRequiredService<IMeshHandlerFactory>().CreateHandler(new SocketsHttpHandler { UseProxy = false }),
        });
        var client = new Stock.StockClient(channel);

        var answers = new HashSet<int>();
        for (var call = 0; call < 6; call++)
        {
            answers.Add((await client.GetLevelAsync(new Article()).ResponseAsync.WithinHangLimit()).Server);
        }

        Assert.Equal(3, answers.Count);
    }

    [Theory]
    [InlineData("/shop.Stock/Get*", 2)]
    [InlineData("/shop.Stock/Reserve", 1)]
    [InlineData(null, 1)]
    public async Task Unavailable_IsRepeatedElsewhereForTheMethodsOfThePolicy(string? pattern, int attempts)
    {
        await using var application = NewApplication(options => options.Services["stock"].Retry.GrpcMethods = pattern is null ? null : [pattern]);
        var failed = 0;
        foreach (var server in _servers)
        {
            server.Behaviour = _ => Interlocked.Increment(ref failed) == 1 ? throw new RpcException(new Status(StatusCode.Unavailable, "busy")) : Task.CompletedTask;
        }

        var call = application.GetRequiredService<Stock.StockClient>().GetLevelAsync(new Article { Name = "kept whole" }).ResponseAsync.WithinHangLimit();

        if (attempts == 1)
        {
            Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => call)).StatusCode);
        }
        else
        {
            Assert.InRange((await call).Server, 1, 3);
        }

        Assert.Equal(attempts, _servers.Sum(server => server.Calls));
        Assert.True(attempts == 1 || _servers.All(server => server.Calls <= 1));
    }

    [Fact]
    public async Task Unavailable_CountsAgainstItsServer()
    {
        await using var application = NewApplication(options =>
        {
            options.Services["stock"].CircuitBreaker.ConsecutiveFailures = 1;
            options.Services["stock"].LoadBalancing.Policy = "RoundRobin";
            options.Services["stock"].CircuitBreaker.BreakDuration = TimeSpan.FromMinutes(1);
        });
        _servers[0].Behaviour = _ => throw new RpcException(new Status(StatusCode.Unavailable, "dying"));
        var client = application.GetRequiredService<Stock.StockClient>();
        for (var call = 0; call < 12; call++)
        {
            await Record.ExceptionAsync(() => client.GetLevelAsync(new Article()).ResponseAsync.WithinHangLimit());
        }

        Assert.Equal(1, _servers[0].Calls);
        Assert.Single(application.GetRequiredService<MeshServices>().Sets.Single().Snapshot!.CutOff);
    }

    [Theory]
    [InlineData(StatusCode.NotFound)]
    [InlineData(StatusCode.InvalidArgument)]
    [InlineData(StatusCode.PermissionDenied)]
    public async Task StatusOfTheApplication_IsNoFailureOfTheServer(StatusCode status)
    {
        await using var application = NewApplication(options => options.Services["stock"].CircuitBreaker.ConsecutiveFailures = 1);
        _servers.ForEach(server => server.Behaviour = _ => throw new RpcException(new Status(status, "no")));
        var client = application.GetRequiredService<Stock.StockClient>();
        for (var call = 0; call < 5; call++)
        {
            Assert.Equal(status, (await Assert.ThrowsAsync<RpcException>(() => client.GetLevelAsync(new Article()).ResponseAsync.WithinHangLimit())).StatusCode);
        }

        Assert.Empty(application.GetRequiredService<MeshServices>().Sets.Single().Snapshot!.CutOff);
    }

    [Fact]
    public async Task DeadlineOfTheClient_ReachesTheServerAndEndsTheCall()
    {
        await using var application = NewApplication();
        var seen = new TaskCompletionSource<DateTime>();
        _servers.ForEach(server => server.Behaviour = async context =>
        {
            seen.TrySetResult(context.Deadline);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
        });
        var call = application.GetRequiredService<Stock.StockClient>().GetLevelAsync(new Article(), deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(1)).ResponseAsync;

        Assert.Equal(StatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => call.WithinHangLimit())).StatusCode);
        Assert.True(await seen.Task.WithinHangLimit() < DateTime.MaxValue);
        Assert.Equal(1, _servers.Sum(server => server.Calls));
    }

    [Fact]
    public async Task AmbientDeadline_BecomesTheServersDeadline()
    {
        await using var application = NewApplication();
        var seen = new TaskCompletionSource<DateTime>();
        _servers.ForEach(server => server.Behaviour = context =>
        {
            seen.TrySetResult(context.Deadline);
            return Task.CompletedTask;
        });
        using (Deadline.Begin(TimeSpan.FromMinutes(1)))
        {
            await application.GetRequiredService<Stock.StockClient>().GetLevelAsync(new Article()).ResponseAsync.WithinHangLimit();
        }

        Assert.InRange((await seen.Task.WithinHangLimit() - TimeProvider.System.GetUtcNow().UtcDateTime).TotalSeconds, 1, 61);
    }

    [Fact]
    public async Task RejectionOfTheMesh_IsAnAnswerThatGrpcUnderstands()
    {
        await using var application = NewApplication(options =>
        {
            options.Services["stock"].Bulkhead.MaxConcurrency = 1;
            options.Services["nowhere"].Timeout = TimeSpan.FromSeconds(1);
        });
        var client = application.GetRequiredService<Stock.StockClient>();
        var held = new TaskCompletionSource();
        _servers.ForEach(server => server.Behaviour = _ => held.Task);
        var holder = client.GetLevelAsync(new Article()).ResponseAsync;
        await Eventually.EqualsAsync(1, () => _servers.Sum(server => server.Calls));

        var full = await Assert.ThrowsAsync<RpcException>(() => client.GetLevelAsync(new Article()).ResponseAsync.WithinHangLimit());
        Assert.Equal(StatusCode.ResourceExhausted, full.StatusCode);
        Assert.Contains("stock", full.Status.Detail, StringComparison.Ordinal);
        held.SetResult();
        await holder.WithinHangLimit();

        using (Deadline.Begin(TimeSpan.FromMilliseconds(1)))
        {
            Assert.Equal(StatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => client.GetLevelAsync(new Article()).ResponseAsync.WithinHangLimit())).StatusCode);
        }
    }

    [Fact]
    public async Task ServiceWithoutAServer_IsUnavailable()
    {
        var source = new ManualEndpointSource();
        source.Publish("stock");
        await using var application = NewApplication(source: source);

        var none = await Assert.ThrowsAsync<RpcException>(() => application.GetRequiredService<Stock.StockClient>().GetLevelAsync(new Article()).ResponseAsync.WithinHangLimit());

        Assert.Equal(StatusCode.Unavailable, none.StatusCode);
        Assert.Contains("No endpoint of 'stock'", none.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ServerStream_LivesBeyondTheTimeouts()
    {
        await using var application = NewApplication(options =>
        {
            options.Services["stock"].Timeout = TimeSpan.FromMilliseconds(200);
            options.Services["stock"].AttemptTimeout = TimeSpan.FromMilliseconds(100);
            options.Services["stock"].ReadIdleTimeout = TimeSpan.FromMilliseconds(200);
        });
        using var call = application.GetRequiredService<Stock.StockClient>().Watch(new Article());
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None).WithinHangLimit());
        var service = application.GetRequiredService<MeshServices>().Services.Single();

        // A second is when it becomes a stream, and well beyond every timeout.
        await Eventually.EqualsAsync((0, 1), () => (service.Bulkhead.InUse, service.Bulkhead.Streams));
        _servers.ForEach(server => server.StreamGoesOn.TrySetResult());

        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None).WithinHangLimit());
        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None).WithinHangLimit());
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        await Eventually.EqualsAsync(0, () => service.Bulkhead.Streams);
    }

    [Fact]
    public async Task CallerWhoCancels_IsCancelledAndNotBlamedOnTheServer()
    {
        await using var application = NewApplication(options => options.Services["stock"].CircuitBreaker.ConsecutiveFailures = 1);
        _servers.ForEach(server => server.Behaviour = context => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken));
        using var cancellation = new CancellationTokenSource();
        var call = application.GetRequiredService<Stock.StockClient>().GetLevelAsync(new Article(), cancellationToken: cancellation.Token).ResponseAsync;
        await Eventually.EqualsAsync(1, () => _servers.Sum(server => server.Calls));
        await cancellation.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call.WithinHangLimit())).StatusCode);
        Assert.Empty(application.GetRequiredService<MeshServices>().Sets.Single().Snapshot!.CutOff);
    }

    private ServiceProvider NewApplication(Action<MeshOptions>? configure = null, ManualEndpointSource? source = null)
    {
        var services = new ServiceCollection();
        var mesh = services.AddMesh(configure);
        if (source is null)
        {
            mesh.AddEndpoints("stock", [.. _servers.Select(server => server.Address)]);
        }
        else
        {
            services.AddSingleton<Microsoft.Extensions.ServiceDiscovery.IServiceEndpointProviderFactory>(source);
            services.AddMesh(options => _ = options.Services["stock"]);
        }

        services.AddGrpcClient<Stock.StockClient>(options => options.Address = new Uri("http://stock")).AddMeshHandler();
        return services.BuildServiceProvider();
    }
}
