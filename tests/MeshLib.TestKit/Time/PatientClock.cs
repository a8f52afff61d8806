using Microsoft.Extensions.Time.Testing;

namespace MeshLib.TestKit;

/// <summary>
/// Real time without the machine's standstills, for scenarios over real sockets: it passes in beats that the thread pool itself has to find time for, and a beat counts for no more
/// than twice its length however late it came. While nothing of this process gets its turn nobody's time-out runs either, so no limit is broken by the machine alone.
/// </summary>
public sealed class PatientClock : FakeTimeProvider, IAsyncDisposable
{
    private static readonly TimeSpan s_beat = TimeSpan.FromMilliseconds(5);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _beating;
    private volatile Beat _last;

    /// <summary>Starts at the present and runs until it is disposed.</summary>
    public PatientClock()
        : base(TimeProvider.System.GetUtcNow())
    {
        _last = new Beat(base.GetTimestamp(), TimeProvider.System.GetTimestamp());
        _beating = Task.Run(BeatAsync);
    }

    /// <summary>As fine as the real clock's, or a balancer would take every endpoint that answers within a beat for infinitely fast.</summary>
    public override long GetTimestamp() => _last.Now();

    /// <summary>A timer whose callbacks run on the thread pool, as the real clock's do: one that blocks must not stop the clock that it waits for.</summary>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(_ => ThreadPool.UnsafeQueueUserWorkItem(static timer => timer.callback(timer.state), (callback, state), preferLocal: false), null, dueTime, period);

    /// <summary>Stops.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _beating.WithinHangLimit().ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task BeatAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            await Task.Delay(s_beat, TimeProvider.System, CancellationToken.None).ConfigureAwait(false);
            var (before, next) = (_last, _last.Next());
            _last = next;

            // The timers that are due run here.
            Advance(TimeSpan.FromTicks(next.Timestamp - before.Timestamp));
        }
    }

    /// <summary>Where both clocks stood at a beat.</summary>
    private sealed record Beat(long Timestamp, long Real)
    {
        public Beat Next()
        {
            var real = TimeProvider.System.GetTimestamp();
            return new Beat(At(real), real);
        }

        public long Now() => At(TimeProvider.System.GetTimestamp());

        private long At(long real) => Timestamp + Math.Min(TimeProvider.System.GetElapsedTime(Real, real).Ticks, 2 * s_beat.Ticks);
    }
}
