using Microsoft.Extensions.Time.Testing;

namespace MeshLib.TestKit.Headline;

/// <summary>The time a load runs on: the machine's, or virtual time that the load itself moves.</summary>
public abstract class LoadClock
{
    /// <summary>The provider for everything that takes part.</summary>
    public abstract TimeProvider Time { get; }

    /// <summary>Lets time pass until <paramref name="elapsed"/> after <paramref name="start"/>.</summary>
    public abstract Task UntilAsync(long start, TimeSpan elapsed);

    /// <summary>Lets time pass until <paramref name="work"/> is done.</summary>
    public abstract Task CompleteAsync(Task work);

    /// <summary>The clock of the machine.</summary>
    public static LoadClock Real() => new RealClock();

    /// <summary>Virtual time, in steps of one millisecond, moved on the thread that drives the load.</summary>
    public static LoadClock Virtual() => new VirtualClock();

    private sealed class RealClock : LoadClock
    {
        public override TimeProvider Time => TimeProvider.System;

        public override async Task UntilAsync(long start, TimeSpan elapsed)
        {
            var remaining = elapsed - Time.GetElapsedTime(start);
            if (remaining > TimeSpan.Zero)
            {
                await Task.Delay(remaining, Time);
            }
        }

        public override Task CompleteAsync(Task work) => work;
    }

    private sealed class VirtualClock : LoadClock
    {
        private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(1);
        private static readonly TimeSpan CallLimit = TimeSpan.FromMinutes(3);
        private readonly FakeTimeProvider _time = new();

        public override TimeProvider Time => _time;

        public override Task UntilAsync(long start, TimeSpan elapsed)
        {
            while (_time.GetElapsedTime(start) < elapsed)
            {
                _time.Advance(Step);
            }

            return Task.CompletedTask;
        }

        public override Task CompleteAsync(Task work)
        {
            var start = _time.GetTimestamp();
            while (!work.IsCompleted)
            {
                if (_time.GetElapsedTime(start) > CallLimit)
                {
                    throw new TimeoutException($"Calls are still open {CallLimit} (virtual) after the last one started.");
                }

                _time.Advance(Step);
            }

            return work;
        }
    }
}
