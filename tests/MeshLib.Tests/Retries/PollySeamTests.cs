using MeshLib.TestKit;
using MeshLib.Tests.Calls;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Diagnostics;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Time.Testing;
using Polly;
using Polly.Telemetry;

namespace MeshLib.Tests.Retries;

/// <summary>What Polly sees of a call: nothing, until the first attempt has failed and a second one is decided.</summary>
public class PollySeamTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Listener _listener = new();

    [Fact]
    public async Task CallThatSucceedsAtOnce_NeverEntersPolly()
    {
        await using var mesh = await StartAsync();
        mesh.Transport.AnswerWith(200);

        using var response = await mesh.GetAsync().WithinHangLimit();

        Assert.Empty(_listener.Events);
    }

    [Fact]
    public async Task FailureThatIsNotRepeated_NeverEntersPolly()
    {
        await using var mesh = await StartAsync();
        mesh.Transport.AnswerWith(503);

        using var response = await mesh.SendAsync(VirtualMesh.Request("POST")).WithinHangLimit();

        Assert.Empty(_listener.Events);
    }

    [Fact]
    public async Task RepeatedCall_IsToldUnderPollysNames()
    {
        await using var mesh = await StartAsync();
        mesh.Transport.Answer(request => ScriptedTransport.Response(request.Number < 3 ? 503 : 200));

        using var response = await mesh.GetAsync().WithinHangLimit();

        Assert.Equal(3, _listener.Events.Count(name => name == "ExecutionAttempt"));
        Assert.Equal(2, _listener.Events.Count(name => name == "OnRetry"));
        Assert.All(_listener.Sources, source => Assert.Equal(("mesh", "orders", "Retry"), (source.PipelineName, source.PipelineInstanceName, source.StrategyName ?? "Retry")));
    }

    [Fact]
    public async Task ContextAndMetadataOfTheRequest_AreUsed()
    {
        await using var mesh = await StartAsync();
        mesh.Transport.Answer(request => ScriptedTransport.Response(request.Number < 2 ? 503 : 200));
        var context = ResilienceContextPool.Shared.Get("my-operation");
        using var request = VirtualMesh.Request();
        request.SetResilienceContext(context);
        request.SetRequestMetadata(new RequestMetadata { DependencyName = "orders-db", RequestName = "get" });

        using var response = await mesh.SendAsync(request).WithinHangLimit();

        Assert.All(_listener.Contexts, seen => Assert.Same(context, seen));
        Assert.Same(context, request.GetResilienceContext());
        Assert.True(context.Properties.TryGetValue(new ResiliencePropertyKey<RequestMetadata>("Extensions-RequestMetadata"), out var metadata));
        Assert.Equal("orders-db", metadata.DependencyName);
        ResilienceContextPool.Shared.Return(context);
    }

    [Fact]
    public async Task ContextThatIsCancelledInTheWait_DoesNotHandOutADisposedAnswer()
    {
        await using var mesh = await StartAsync();
        mesh.Transport.Answer(_ => ScriptedTransport.Response(503, "busy", ("Retry-After", "5")));
        using var cancellation = new CancellationTokenSource();
        var context = ResilienceContextPool.Shared.Get(cancellation.Token);
        using var request = VirtualMesh.Request();
        request.SetResilienceContext(context);
        var call = mesh.SendAsync(request);
        await Eventually.BecomesTrueAsync(() => mesh.Transport.Bodies is [{ IsDisposed: true }]);
        await cancellation.CancelAsync();

        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WithinHangLimit());

        Assert.Equal(cancellation.Token, cancelled.CancellationToken);
        await mesh.AssertIdleAsync();
        ResilienceContextPool.Shared.Return(context);
    }

    [Fact]
    public async Task ListenerThatThrows_DoesNotLeakWhatTheCallHolds()
    {
        await using var mesh = await StartAsync();
        mesh.Transport.AnswerWith(503);
        _listener.Fault = new InvalidOperationException("A listener's own fault.");

        await Record.ExceptionAsync(() => mesh.GetAsync().WithinHangLimit());

        await mesh.AssertIdleAsync();
    }

    private Task<VirtualMesh> StartAsync() =>
        VirtualMesh.StartAsync(_time, services: services => services.Configure<TelemetryOptions>(options => options.TelemetryListeners.Add(_listener)));

    private sealed class Listener : TelemetryListener
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<(string Event, ResilienceTelemetrySource Source, ResilienceContext Context)> _seen = new();

        public Exception? Fault { get; set; }

        public IEnumerable<string> Events => _seen.Select(seen => seen.Event);

        public IEnumerable<ResilienceTelemetrySource> Sources => _seen.Select(seen => seen.Source);

        public IEnumerable<ResilienceContext> Contexts => _seen.Select(seen => seen.Context);

        public override void Write<TResult, TArgs>(in TelemetryEventArguments<TResult, TArgs> args)
        {
            _seen.Enqueue((args.Event.EventName, args.Source, args.Context));
            if (Fault is { } fault)
            {
                throw fault;
            }
        }
    }
}
