using System.Diagnostics;
using MeshLib.TestKit;

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
    public async Task Attempts_OnTheWire_AreChildrenOfTheCallsSpan()
    {
        var parents = new List<ActivitySpanId?>();
        _mesh.Transport.Answer(request =>
        {
            parents.Add(Activity.Current?.SpanId);
            return ScriptedTransport.Response(request.Number == 1 ? 503 : 200);
        });

        await _mesh.GetAsync();

        var span = Assert.Single(_recorder.Stopped);
        Assert.Equal([span.SpanId, span.SpanId], parents);
        Assert.Same(_recorder.Root, Activity.Current);
    }

    [Fact]
    public async Task Failure_IsAnErrorWithTheReasonAsItsType()
    {
        _mesh.Transport.AnswerWith(500);

        await _mesh.GetAsync();

        var span = Assert.Single(_recorder.Stopped);
        Assert.Equal((ActivityStatusCode.Error, (object?)"server_error"), (span.Status, span.GetTagItem("error.type")));
        Assert.Equal(3, span.Events.Count());
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
    public async Task Cancellation_ByTheCaller_IsNoError()
    {
        _mesh.Transport.Answer((Func<ScriptedRequest, HttpResponseMessage>?)null);
        using var cancel = new CancellationTokenSource();
        var ending = _mesh.Client().GetAsync(new Uri("/", UriKind.Relative), cancel.Token);
        await _mesh.Transport.NextAsync();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ending.WithinHangLimit());
        Assert.Equal(ActivityStatusCode.Unset, Assert.Single(_recorder.Stopped).Status);
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
