using System.Diagnostics;
using MeshLib.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib.Tests.Signals;

/// <summary>The span of a call.</summary>
public sealed class SpanTests : IAsyncDisposable
{
    private readonly ActivityRecorder _recorder = new();
    private readonly TestMesh _mesh = TestMesh.Orders();

    [Fact]
    public async Task Success_IsOneInternalSpanNamedAfterMethodAndService()
    {
        await _mesh.GetAsync("/secret/path?token=1");

        var span = Assert.Single(_recorder.Stopped);
        Assert.Equal(("GET orders", ActivityKind.Internal, ActivityStatusCode.Unset), (span.DisplayName, span.Kind, span.Status));
        Assert.Equal(_recorder.Root.SpanId, span.ParentSpanId);
        Assert.Equal(
            ["http.request.method=GET", "mesh.attempts=1", "service.peer.name=orders"],
            span.TagObjects.Select(static tag => $"{tag.Key}={tag.Value}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task RetriedFailure_HasAnEventForEachAttemptAndNoError()
    {
        _mesh.Transport.Answer(static request => ScriptedTransport.Response(request.Number == 1 ? 503 : 200));

        await _mesh.GetAsync();

        var span = Assert.Single(_recorder.Stopped);
        Assert.Equal(ActivityStatusCode.Unset, span.Status);
        Assert.Equal(2, span.GetTagItem("mesh.attempts"));
        Assert.Null(span.GetTagItem("error.type"));
        Assert.Equal(
            [
                $"mesh.attempt: mesh.attempt=1, mesh.endpoint={_mesh.Endpoints[0]}, mesh.verdict=Overloaded, reason=unavailable",
                $"mesh.attempt: mesh.attempt=2, mesh.endpoint={_mesh.Endpoints[1]}, mesh.verdict=Success, reason=ok",
            ],
            span.Events.Select(static e => $"{e.Name}: {string.Join(", ", e.Tags.Select(static tag => $"{tag.Key}={tag.Value}").Order(StringComparer.Ordinal))}"));
    }

    [Fact]
    public async Task Rejection_IsAnErrorWithoutAnyAttempt()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.SetMeshDeadline(TimeSpan.Zero);

        await Assert.ThrowsAsync<DeadlineExceededException>(() => _mesh.Client().SendAsync(request, TestContext.Current.CancellationToken));

        var span = Assert.Single(_recorder.Stopped);
        Assert.Equal((ActivityStatusCode.Error, (object?)"deadline_exceeded", (object?)0), (span.Status, span.GetTagItem("error.type"), span.GetTagItem("mesh.attempts")));
        Assert.Empty(span.Events);
    }

    [Fact]
    public async Task Call_ThatWaitsForDiscoverysFirstAnswer_HasASpanThatBeginsWithTheWait()
    {
        var source = new ManualEndpointSource();
        source.Hang("orders");
        await using var mesh = new TestMesh(services =>
        {
            services.AddSingleton<IServiceEndpointProviderFactory>(source);
            services.AddMeshClient("orders");
        });
        var start = mesh.Time.GetUtcNow();
        var ending = mesh.GetAsync();
        await Eventually.BecomesTrueAsync(() => source.HangingPopulatesOf("orders") == 1);

        mesh.Time.Advance(TimeSpan.FromSeconds(2));
        source.Publish("orders", TestMesh.First);
        await ending;

        Assert.Equal(start.UtcDateTime, Assert.Single(_recorder.Stopped).StartTimeUtc);
    }

    [Fact]
    public async Task PassThrough_HasNoSpan()
    {
        await _mesh.GetAsync("http://unknown.example/");

        Assert.Empty(_recorder.Stopped);
    }

    public async ValueTask DisposeAsync()
    {
        await _mesh.DisposeAsync();
        _recorder.Dispose();
    }
}
