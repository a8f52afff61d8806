using System.Diagnostics;
using System.Net;
using MeshLib.TestKit;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace MeshLib.OpenTelemetry.Tests;

/// <summary>A call through the mesh, seen through the SDK (trap T37).</summary>
public sealed class MeshInstrumentationTests : IAsyncDisposable
{
    private static readonly double[] Buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    private readonly List<Metric> _metrics = [];
    private readonly List<Activity> _spans = [];
    private readonly ServiceProvider _services;

    public MeshInstrumentationTests()
    {
        var services = new ServiceCollection();
        services.AddMesh().AddEndpoints("orders", "http://127.0.0.1:5001");
        services.AddMeshClient("orders").ConfigurePrimaryHttpMessageHandler(static () => new Answering());
        services.AddOpenTelemetry()
            .WithMetrics(metrics => metrics.AddMeshInstrumentation().AddInMemoryExporter(_metrics))
            .WithTracing(tracing => tracing.AddMeshInstrumentation().AddInMemoryExporter(_spans));
        _services = services.BuildServiceProvider();

        // The providers begin to listen when they are made, which a host does at its start.
        _services.GetRequiredService<MeterProvider>();
        _services.GetRequiredService<TracerProvider>();
    }

    [Theory]
    [InlineData("mesh.client.request.duration")]
    [InlineData("mesh.client.attempt.duration")]
    public async Task Durations_AreSecondsInBucketsThatSeeFastCalls(string instrument)
    {
        await CallAsync();
        var metric = Assert.Single(_metrics, metric => metric.Name == instrument);

        Assert.Equal(("s", "MeshLib", MetricType.Histogram), (metric.Unit, metric.MeterName, metric.MetricType));
        var bounds = new List<double>();
        long count = 0;
        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            count += point.GetHistogramCount();
            foreach (var bucket in point.GetHistogramBuckets())
            {
                bounds.Add(bucket.ExplicitBound);
            }
        }

        Assert.Equal(1, count);
        Assert.Equal([.. Buckets, double.PositiveInfinity], bounds);
    }

    [Fact]
    public async Task Success_CarriesTheLogicalServiceAndNoErrorType()
    {
        await CallAsync();
        var tags = new Dictionary<string, object?>();
        foreach (ref readonly var point in Assert.Single(_metrics, static metric => metric.Name == "mesh.client.request.duration").GetMetricPoints())
        {
            foreach (var tag in point.Tags)
            {
                tags.Add(tag.Key, tag.Value);
            }
        }

        Assert.Equal("orders", tags["service"]);
        Assert.DoesNotContain("error.type", tags.Keys);
    }

    [Fact]
    public async Task State_IsAmongTheMetrics()
    {
        await CallAsync();

        Assert.Contains(_metrics, static metric => metric.Name == "mesh.client.active_requests");
        Assert.Contains(_metrics, static metric => metric.Name == "mesh.endpoints");
    }

    [Fact]
    public async Task Call_IsOneSpanWithAnEventForEachAttempt()
    {
        await CallAsync();
        var span = Assert.Single(_spans);

        Assert.Equal("MeshLib", span.Source.Name);
        Assert.Equal("mesh.attempt", Assert.Single(span.Events).Name);
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private async Task CallAsync()
    {
        var client = _services.GetRequiredService<IHttpClientFactory>().CreateClient("orders");
        using (var response = await client.GetAsync("/", TestContext.Current.CancellationToken).WithinHangLimit())
        {
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.True(_services.GetRequiredService<MeterProvider>().ForceFlush());
        Assert.True(_services.GetRequiredService<TracerProvider>().ForceFlush());
    }

    private sealed class Answering : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { RequestMessage = request, Content = new StringContent("{}") });
    }
}
