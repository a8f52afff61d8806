using MeshLib.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.AspNetCore.Tests.Listening;

public class ServerAddressesTests
{
    [Fact]
    public async Task Address_WhenTheServerHasStarted_IsTheBoundOneWithItsPort()
    {
        await using var app = await TestApplication.StartAsync(new FakeTimeProvider(), static services => services.AddMesh(), static app => app.UseMesh());
        var addresses = await app.Services.GetRequiredService<IMeshListenAddress>().WaitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(app.Address, Assert.Single(addresses));
        Assert.NotEqual(0, addresses[0].Port);
    }

    [Fact]
    public async Task Address_UntilTheHostHasStarted_IsWaitedFor()
    {
        using var lifetime = new Lifetime();
        var address = new ListenAddress(lifetime);
        address.Use(static () => ServerAddresses.Of(new Server("http://127.0.0.1:5001")));
        var wait = address.WaitAsync(TestContext.Current.CancellationToken);
        Assert.False(wait.IsCompleted);
        lifetime.Start();

        Assert.Equal(new Uri("http://127.0.0.1:5001"), Assert.Single(await wait.WithinHangLimit()));
    }

    [Fact]
    public async Task Wait_WhenCancelled_Ends()
    {
        using var lifetime = new Lifetime();
        using var enough = new CancellationTokenSource();
        var wait = new ListenAddress(lifetime).WaitAsync(enough.Token);
        await enough.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
    }

    [Theory]
    [InlineData("http://[::]:8080", "http://[::]:8080/")]
    [InlineData("http://*:8080", "http://[::]:8080/")]
    [InlineData("https://+:8443", "https://[::]:8443/")]
    [InlineData("http://0.0.0.0:80", "http://0.0.0.0/")]
    [InlineData("http://unix:/run/app.sock", null)]
    [InlineData("http://pipe:/app", null)]
    public void Address_WhateverTheServerReports_IsAUriOrLeftOut(string reported, string? expected) =>
        Assert.Equal(expected, ServerAddresses.Of(new Server(reported)).SingleOrDefault()?.ToString());

    [Fact]
    public async Task Address_WhenThereIsNoServer_IsEmpty()
    {
        using var lifetime = new Lifetime();
        lifetime.Start();

        Assert.Empty(await new ListenAddress(lifetime).WaitAsync(TestContext.Current.CancellationToken));
    }

    private sealed class Lifetime : IHostApplicationLifetime, IDisposable
    {
        private readonly CancellationTokenSource _started = new();

        public CancellationToken ApplicationStarted => _started.Token;

        public CancellationToken ApplicationStopping => default;

        public CancellationToken ApplicationStopped => default;

        public void Start() => _started.Cancel();

        public void StopApplication()
        {
        }

        public void Dispose() => _started.Dispose();
    }

    private sealed class Server : IServer
    {
        public Server(params string[] addresses)
        {
            var feature = new ServerAddressesFeature();
            foreach (var address in addresses)
            {
                feature.Addresses.Add(address);
            }

            Features.Set<IServerAddressesFeature>(feature);
        }

        public IFeatureCollection Features { get; } = new FeatureCollection();

        public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
            where TContext : notnull => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose()
        {
        }
    }
}
