using MeshLib.TestKit;
using MeshLib.Tests.Calls;
using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Tests.Retries;

/// <summary>How long the call waits between its attempts, read from the timers that it sets on virtual time.</summary>
public class BackOffWaitTests
{
    private readonly RecordingClock _time = new();

    [Theory]
    [InlineData(0.0, new double[0])]
    [InlineData(0.5, new double[] { 12, 37 })]
    [InlineData(0.9999, new double[] { 24, 74 })]
    public async Task BackOff_IsJitteredOverTheWholeOfAGrowingBound(double chance, double[] milliseconds)
    {
        await using var mesh = await StartAsync(chance);
        mesh.Transport.AnswerWith(503);

        (await mesh.AdvanceUntilEndedAsync(mesh.GetAsync())).Dispose();

        Assert.Equal(3, mesh.Transport.Attempts);
        Assert.Equal(milliseconds, _time.Waits.Select(wait => wait.TotalMilliseconds));
    }

    [Fact]
    public async Task BackOff_StaysBelowItsMaximum()
    {
        await using var mesh = await StartAsync(0.9999, policy =>
        {
            policy.Retry.MaxAttempts = 7;
            policy.Retry.Budget.Burst = 100;
        });
        mesh.Transport.AnswerWith(500);

        (await mesh.AdvanceUntilEndedAsync(mesh.GetAsync())).Dispose();

        Assert.Equal([24, 74, 174, 249, 249, 249], _time.Waits.Select(wait => wait.TotalMilliseconds));
    }

    [Fact]
    public async Task RepetitionOfWhatNoServerHasSeen_DoesNotWait()
    {
        await using var mesh = await StartAsync(0.9999);
        mesh.Transport.Answer(request => request.Number < 3 ? throw TransportErrors.Refused() : ScriptedTransport.Response(200));

        (await mesh.GetAsync().WithinHangLimit()).Dispose();

        Assert.Equal(3, mesh.Transport.Attempts);
        Assert.Empty(_time.Waits);
    }

    [Theory]
    [InlineData(503, "Retry-After", false)]
    [InlineData(429, "Retry-After", false)]
    [InlineData(503, "Retry-After", true)]
    public async Task RetryAfter_IsWaitedFor(int status, string header, bool asDate)
    {
        await using var mesh = await StartAsync(0.5);
        var asked = asDate ? _time.GetUtcNow().AddSeconds(4).ToString("R") : "4";
        mesh.Transport.Answer(request => request.Number == 1 ? ScriptedTransport.Response(status, "busy", (header, asked)) : ScriptedTransport.Response(200));

        using var response = await mesh.AdvanceUntilEndedAsync(mesh.GetAsync());

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal([TimeSpan.FromSeconds(4)], _time.Waits);
    }

    [Theory]
    [InlineData("300", new double[] { 300 }, 2)]
    [InlineData("0", new double[] { 12 }, 2)]
    [InlineData("-1", new double[0], 1)]
    [InlineData("nonsense", new double[0], 1)]
    public async Task GrpcPushback_IsWaitedForAndANegativeOneForbidsTheRetry(string pushback, double[] milliseconds, int attempts)
    {
        await using var mesh = await StartAsync(0.5, policy => policy.Retry.GrpcMethods = ["/shop.Orders/Get*"]);
        mesh.Transport.Answer(request => request.Number == 1
            ? ScriptedTransport.Response(200, "", ("grpc-status", "14"), ("grpc-retry-pushback-ms", pushback))
            : ScriptedTransport.Response(200, "", ("grpc-status", "0")));

        (await mesh.AdvanceUntilEndedAsync(mesh.SendAsync(VirtualMesh.GrpcRequest()))).Dispose();

        Assert.Equal(attempts, mesh.Transport.Attempts);
        Assert.Equal(milliseconds, _time.Waits.Select(wait => wait.TotalMilliseconds));
    }

    private async Task<VirtualMesh> StartAsync(double chance, Action<MeshPolicy>? policy = null)
    {
        var mesh = await VirtualMesh.StartAsync(
            _time, policy, services: services => services.AddSingleton(new MeshEnvironment(new MonotonicClock(_time), new FixedChance(chance))));
        _time.Record();
        return mesh;
    }

    /// <summary>Remembers the one-shot timers of tasks that wait; the sweep's and the watch's are re-armed ones.</summary>
    private sealed class RecordingClock : OddClock
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<TimeSpan> _waits = new();
        private volatile bool _recording;

        public IReadOnlyList<TimeSpan> Waits => [.. _waits];

        public void Record() => _recording = true;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (_recording && dueTime != Timeout.InfiniteTimeSpan && period == Timeout.InfiniteTimeSpan)
            {
                _waits.Enqueue(dueTime);
            }

            return base.CreateTimer(callback, state, dueTime, period);
        }
    }

    private sealed class FixedChance(double chance) : Random(1)
    {
        public override double NextDouble() => chance;
    }
}
