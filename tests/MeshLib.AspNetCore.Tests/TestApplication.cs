using System.Diagnostics.Metrics;
using MeshLib.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.AspNetCore.Tests;

/// <summary>A web application on a loopback port that the system chose, on virtual time.</summary>
internal sealed class TestApplication : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestApplication(WebApplication app, FakeTimeProvider time, RecordedLogs logs)
    {
        _app = app;
        Time = time;
        Logs = logs;
        Metrics = new MeterRecorder(app.Services.GetRequiredService<IMeterFactory>());
    }

    public FakeTimeProvider Time { get; }

    public RecordedLogs Logs { get; }

    public MeterRecorder Metrics { get; }

    public IServiceProvider Services => _app.Services;

    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public HttpClient Client => field ??= new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(60) };

    /// <summary>An application with <c>UseMesh()</c> in front of <paramref name="handler"/>.</summary>
    public static Task<TestApplication> StartAsync(RequestDelegate handler, params (string Key, string? Value)[] configuration) =>
        StartAsync(new FakeTimeProvider(), static _ => { }, app => app.UseMesh().Run(handler), configuration);

    public static async Task<TestApplication> StartAsync(
        FakeTimeProvider time, Action<IServiceCollection> services, Action<WebApplication> pipeline, params (string Key, string? Value)[] configuration)
    {
        var logs = new RecordedLogs();
        var app = Build(time, logs, services, configuration);
        pipeline(app);
        await app.StartAsync();
        return new TestApplication(app, time, logs);
    }

    public static WebApplication Build(FakeTimeProvider time, RecordedLogs logs, Action<IServiceCollection> services, params (string Key, string? Value)[] configuration)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "tested" });
        builder.Configuration.AddInMemoryCollection(configuration.Select(static pair => KeyValuePair.Create(pair.Key, pair.Value)));
        builder.Logging.AddProvider(logs);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel => kestrel.Listen(
            System.Net.IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http1));
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddRouting();
        builder.Services.AddMesh();
        services(builder.Services);
        return builder.Build();
    }

    public double Counted(string outcome) => Metrics.Sum("mesh.server.deadlines", ("outcome", outcome));

    /// <summary>Sends a GET with one header, which may have several values.</summary>
    public Task<HttpResponseMessage> GetAsync(string header, params string[] values)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/");
        foreach (var value in values)
        {
            request.Headers.TryAddWithoutValidation(header, value);
        }

        return Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Metrics.Dispose();
        using var impatient = new CancellationTokenSource();
        await impatient.CancelAsync();
        await _app.StopAsync(impatient.Token);
        await _app.DisposeAsync();
    }
}
