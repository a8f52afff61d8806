using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MeshLib;

/// <summary>
/// What one endpoint costs: attempts in flight times its latency, or times its failure penalty where that is higher. Safe on any thread, lock-free.
/// <para>
/// Latency is Peak EWMA as in Finagle and Tower: a sample above the estimate replaces it, one below is blended in by age, and the estimate decays while
/// nothing is observed, so that a slow endpoint is tried again. Only successes are samples, because a fast failure must not look like a fast answer.
/// </para>
/// <para>
/// A failure raises a penalty kept apart from latency, relative to what successful peers cost now (<see cref="PeerLoad"/>). Linkerd's fixed 5 s loses where peers
/// carry 80 × 100 ms and banishes for a minute where they take 10 ms; a factor k = 4 wears off to the peers' level after τ·ln 4 = 13.9 s under any load.
/// Only a failure that comes when the penalty had worn off to the peers' level escalates it, by another factor of k, and a success takes one step back. So
/// the stragglers of one blip count once; an endpoint that fails every trial waits 14 s more each time; one that fails 30 % gets a trial or three every 14 s; and where
/// all fail alike (an outage, overload) nobody's penalty wears off, nobody's escalates, all are alike, and attempts in flight decide: no herding.
/// </para>
/// </summary>
internal sealed class EndpointLoad(MonotonicClock clock)
{
    /// <summary>The latency assumed of an unproven endpoint once it has an attempt in flight: high, so that one attempt proves it before it gets more.</summary>
    public const double UnprovenSeconds = 10;

    private const double Tau = 10_000;
    private const double PenaltyFactor = 4;
    private const double LongestSeconds = 300;

    /// <summary>4 steps: 4 × 13.9 s, about the longest break of the breaker.</summary>
    private const int MostSteps = 4;

    /// <summary>What peers are taken to cost when none of them has proven itself: between a local call and a slow one.</summary>
    private const double UnknownPeersSeconds = 0.1;

    /// <summary>An estimate is never zero, for zero times any number in flight would still be the best choice.</summary>
    private const float ShortestSeconds = 1e-6f;

    private Hot _hot = new() { MillisecondsPerTick = 1000.0 / clock.TimeProvider.TimestampFrequency };

    /// <summary>Attempts on their way.</summary>
    public int InFlight => Volatile.Read(ref _hot.InFlight);

    /// <summary>The latency estimate as of the last success, in seconds; <see langword="null"/> while no attempt has succeeded.</summary>
    public double? LatencySeconds => Volatile.Read(ref _hot.Latency) is var latency and not 0 ? Sample.Seconds(latency) : null;

    public void Begin() => Interlocked.Increment(ref _hot.InFlight);

    public void End() => Interlocked.Decrement(ref _hot.InFlight);

    /// <summary>Learns from a success that took <paramref name="seconds"/>.</summary>
    public void ObserveSuccess(double seconds, long now)
    {
        ObserveLatency(seconds, now, raiseOnly: false);

        // Read first: a healthy endpoint writes nothing here. A lost race only means a step more or less.
        if (Volatile.Read(ref _hot.Steps) is var steps and > 0)
        {
            Interlocked.CompareExchange(ref _hot.Steps, steps - 1, steps);
        }
    }

    /// <summary>
    /// Learns that an answer takes at least <paramref name="seconds"/>, from a caller who gave up waiting. It can only raise the estimate of an endpoint that has one, and is no
    /// evidence of health.
    /// </summary>
    public void ObserveAtLeast(double seconds, long now)
    {
        if (Volatile.Read(ref _hot.Latency) != 0)
        {
            ObserveLatency(seconds, now, raiseOnly: true);
        }
    }

    /// <summary>Raises the penalty after a failure.</summary>
    /// <param name="peerMedianSeconds">What successful peers cost, from <see cref="PeerLoad.Median"/>; 0 when unknown.</param>
    /// <param name="hintSeconds">How long the endpoint asks to be left alone (Retry-After), 0 for no hint: the penalty takes at least that long to wear off.</param>
    /// <param name="now">The time of the failure.</param>
    public void ObserveFailure(double peerMedianSeconds, double hintSeconds, long now)
    {
        var peers = peerMedianSeconds > 0 ? peerMedianSeconds : LatencySeconds ?? UnknownPeersSeconds;
        var asked = peers * Math.Exp(Math.Clamp(hintSeconds, 0, LongestSeconds) * 1000 / Tau);
        var time = Milliseconds(now);
        while (true)
        {
            var seen = Volatile.Read(ref _hot.Penalty);
            var left = Sample.Seconds(seen) * Math.Exp(-Sample.Age(seen, time) / Tau);
            var steps = Volatile.Read(ref _hot.Steps);
            var escalated = left <= peers ? Math.Min(steps + 1, MostSteps) : Math.Max(steps, 1);
            var penalty = Math.Max(peers * Math.Pow(PenaltyFactor, escalated), Math.Max(asked, left));
            var updated = Sample.Pack((float)Math.Min(penalty, LongestSeconds), time);
            if (Interlocked.CompareExchange(ref _hot.Penalty, updated, seen) == seen)
            {
                // Only the winner escalates: the losers of this race find the penalty fresh and leave the steps alone.
                Volatile.Write(ref _hot.Steps, escalated);
                return;
            }
        }
    }

    /// <summary>
    /// The cost of one more attempt here, in seconds. Reads only: two pickers at the same endpoint share its cache line. An unproven endpoint costs nothing until it has
    /// an attempt in flight, and <paramref name="seedSeconds"/> from then on: it gets one trial at a time (Finagle), neither starved nor flooded.
    /// </summary>
    public double Cost(long now, double seedSeconds)
    {
        var inFlight = Volatile.Read(ref _hot.InFlight);
        var latency = Volatile.Read(ref _hot.Latency);
        var penalty = Volatile.Read(ref _hot.Penalty);
        var time = Milliseconds(now);
        var seconds = latency != 0 ? Decayed(latency, time) : inFlight > 0 ? seedSeconds : 0;
        if (penalty != 0)
        {
            seconds = Math.Max(seconds, Decayed(penalty, time));
        }

        return seconds * (inFlight + 1);
    }

    /// <summary>Whether the penalty still outweighs the latency.</summary>
    public bool IsPenalized(long now) => PenaltySeconds(now) > (LatencySeconds ?? 0);

    /// <summary>What is left of the penalty, in seconds.</summary>
    public double PenaltySeconds(long now) => Volatile.Read(ref _hot.Penalty) is var penalty and not 0 ? Decayed(penalty, Milliseconds(now)) : 0;

    private void ObserveLatency(double seconds, long now, bool raiseOnly)
    {
        var sample = Math.Max((float)seconds, ShortestSeconds);
        var time = Milliseconds(now);
        while (true)
        {
            var seen = Volatile.Read(ref _hot.Latency);
            var updated = seen == 0 ? Sample.Pack(sample, time) : Blend(seen, sample, time, raiseOnly);
            if (updated == seen || Interlocked.CompareExchange(ref _hot.Latency, updated, seen) == seen)
            {
                return;
            }
        }
    }

    private static long Blend(long seen, float sample, uint time, bool raiseOnly)
    {
        var age = Sample.Age(seen, time);
        var weight = Math.Exp(-age / Tau);
        var decayed = Sample.Seconds(seen) * weight;
        if (raiseOnly && sample <= decayed)
        {
            return seen;
        }

        var estimate = sample > decayed ? sample : decayed + (sample * (1 - weight));
        return Sample.Pack((float)estimate, age > 0 ? time : Sample.Stamp(seen));
    }

    /// <summary>e^(−age/τ) as 2^(−y): the whole part of y goes into the exponent, a cubic for the rest is within 0.015 %. A third of the price of <see cref="Math.Exp"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Decayed(long sample, uint time)
    {
        const double PerMillisecond = 1.4426950408889634 / Tau;
        var y = Math.Min(Sample.Age(sample, time) * PerMillisecond, 1000);
        var whole = double.ConvertToIntegerNative<int>(y);
        var f = y - whole;
        var fraction = 1 + (f * (-0.692 + (f * (0.232041276 - (f * 0.040041276)))));
        return Sample.Seconds(sample) * fraction * BitConverter.Int64BitsToDouble((1023L - whole) << 52);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint Milliseconds(long timestamp) => (uint)double.ConvertToIntegerNative<long>(timestamp * _hot.MillisecondsPerTick);

    /// <summary>64 bytes of room on either side: no other object's field is on a line that every attempt writes.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 168)]
    private struct Hot
    {
        [FieldOffset(64)] public long Latency;
        [FieldOffset(72)] public long Penalty;
        [FieldOffset(80)] public double MillisecondsPerTick;
        [FieldOffset(88)] public int InFlight;
        [FieldOffset(92)] public int Steps;
    }
}
