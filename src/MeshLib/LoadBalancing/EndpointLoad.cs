using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MeshLib;

/// <summary>
/// What one endpoint costs: attempts in flight times its latency, or times its failure penalty where that is higher. Safe on any thread, lock-free.
/// <para>
/// Latency is Peak EWMA as in Finagle and Tower: a sample above the estimate replaces it, one below is blended in by age, and the estimate decays while
/// nothing is observed, so that a slow endpoint is tried again. Only successes are samples, because a fast failure must not look like a fast answer.
/// Two things differ, because one τ has to be a compromise. Samples are believed four times as fast as silence (<see cref="Haste"/>): an endpoint that answers quickly again is found out in two seconds,
/// one that is merely not heard of stays suspect for ten. And an endpoint with attempts in flight that has answered none of them for a while costs at least what that silence says
/// (<see cref="Outlook"/>): a stall shows before the first late answer comes.
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
    /// <summary>The latency assumed of an endpoint that joins proven peers, once it has an attempt in flight: high, so that one attempt proves it before it gets more (Finagle).</summary>
    public const double NewcomerSeconds = 10;

    /// <summary>The latency assumed while nothing is known of any peer either (Linkerd's default).</summary>
    private const double UnknownSeconds = 0.03;

    /// <summary>Below every logarithm of a cost, and far enough from the end of the range to add to.</summary>
    private const long Nothing = -1L << 48;

    private const double Tau = 10;

    /// <summary>Samples are blended in with τ = 2.5 s. A power of two, and no higher, for the estimate becomes that much noisier.</summary>
    private const int Haste = 4;

    /// <summary>What has taken a while takes about as long again (the mean residual life of a heavy tail): a silence counts twice, in whole milliseconds.</summary>
    private static readonly long Outlook = Log2.Of(2 * 0.001);

    private const double PenaltyFactor = 4;
    private const double LongestSeconds = 300;

    /// <summary>4 steps: 4 × 13.9 s, about the longest break of the breaker.</summary>
    private const int MostSteps = 4;

    /// <summary>
    /// What peers are taken to cost when none of them has proven itself: as much as in a burst, so that a failing endpoint is not the cheapest of a set that nobody knows yet.
    /// The first peer to prove itself corrects the guess (<see cref="LimitPenalty"/>).
    /// </summary>
    private const double UnknownPeersSeconds = 4 * UnknownSeconds;

    /// <summary>An estimate is never zero, for zero times any number in flight would still be the best choice.</summary>
    private const double ShortestSeconds = 1e-6;

    private Hot _hot = new() { Expected = Log2.Of(UnknownSeconds) };

    /// <summary>Attempts on their way.</summary>
    public int InFlight => Volatile.Read(ref _hot.InFlight);

    /// <summary>The latency estimate as of the last success, in seconds; <see langword="null"/> while no attempt has succeeded.</summary>
    public double? LatencySeconds => Latency is { IsSet: true } latency ? latency.Initial : null;

    /// <summary>Milliseconds in one tick of the clock, for <see cref="CostLog2(uint)"/>.</summary>
    public double MillisecondsPerTick { get; } = 1000.0 / clock.TimeProvider.TimestampFrequency;

    private DecayingValue Latency => new(Volatile.Read(ref _hot.Latency));

    private DecayingValue Penalty => new(Volatile.Read(ref _hot.Penalty));

    /// <summary>Begins an attempt now.</summary>
    public void Begin() => Begin(clock.Now());

    /// <summary>Begins an attempt. Pair with <see cref="End"/>.</summary>
    public void Begin(long now)
    {
        if (Interlocked.Increment(ref _hot.InFlight) == 1)
        {
            Volatile.Write(ref _hot.BusySince, now);
        }
    }

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
    /// Learns that an answer takes at least <paramref name="seconds"/>, from a caller who gave up waiting. It can only raise an estimate, and is no evidence of health. An endpoint that has none gets
    /// one: else one that hangs would stay the unproven one, which is tried first, for ever.
    /// </summary>
    public void ObserveAtLeast(double seconds, long now) => ObserveLatency(seconds, now, raiseOnly: true);

    /// <summary>Says what to expect of the endpoint while it has not proven itself.</summary>
    public void Expect(double seconds) => Volatile.Write(ref _hot.Expected, Log2.Of(Math.Max(seconds, ShortestSeconds)));

    /// <summary>Lowers a penalty that was guessed, now that it is known what <paramref name="peerSeconds"/> successful peers cost.</summary>
    public void LimitPenalty(double peerSeconds, long now)
    {
        var time = Milliseconds(now);
        var limit = Math.Max(peerSeconds, ShortestSeconds) * PenaltyFactor;
        var seen = Penalty;
        if (seen.At(time) > limit)
        {
            // Whoever raises it at this moment knows better.
            Interlocked.CompareExchange(ref _hot.Penalty, new DecayingValue(limit, time).Word, seen.Word);
        }
    }

    /// <summary>Raises the penalty after a failure.</summary>
    /// <param name="peerMedianSeconds">What successful peers cost, from <see cref="PeerLoad.Median"/>; 0 when unknown.</param>
    /// <param name="hintSeconds">
    /// How long the endpoint asks to be left alone (Retry-After), 0 for no hint: the penalty takes at least that long to wear off to the peers' level. (Linkerd takes the hint
    /// itself for a latency, which turns "1 s" into 46 s among peers that take 10 ms.)
    /// </param>
    /// <param name="now">The time of the failure.</param>
    public void ObserveFailure(double peerMedianSeconds, double hintSeconds, long now)
    {
        var peers = peerMedianSeconds > 0 ? peerMedianSeconds : LatencySeconds ?? UnknownPeersSeconds;
        var asked = peers * Math.Exp(Math.Clamp(hintSeconds, 0, LongestSeconds) / Tau);
        var time = Milliseconds(now);
        while (true)
        {
            var seen = Penalty;
            var left = seen.At(time);
            var steps = Volatile.Read(ref _hot.Steps);
            var escalated = left <= peers ? Math.Min(steps + 1, MostSteps) : Math.Max(steps, 1);
            var penalty = Math.Max(peers * Math.Pow(PenaltyFactor, escalated), Math.Max(asked, left));
            var updated = new DecayingValue(Math.Min(penalty, LongestSeconds), time);
            if (Interlocked.CompareExchange(ref _hot.Penalty, updated.Word, seen.Word) == seen.Word)
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
    public double Cost(long now, double seedSeconds) => CostLog2(Milliseconds(now), Log2.Of(seedSeconds)) is var cost and > Nothing ? Log2.Power(cost) : 0;

    /// <summary>The logarithm of <see cref="Cost"/> at a millisecond, with what is expected of the endpoint for the seed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long CostLog2(uint milliseconds)
    {
        // Most endpoints are at rest when they are looked at, and then there is nothing to multiply: one branch for all that may be otherwise keeps the picker's loop short.
        var latency = Latency;
        return ((uint)Volatile.Read(ref _hot.InFlight) | Volatile.Read(ref _hot.Penalty)) == 0 && latency.IsSet
            ? latency.Log2At(milliseconds)
            : CostLog2(milliseconds, Volatile.Read(ref _hot.Expected));
    }

    /// <summary>Whether the penalty still outweighs the latency.</summary>
    public bool IsPenalized(long now) => PenaltySeconds(now) > (LatencySeconds ?? 0);

    /// <summary>What is left of the penalty, in seconds.</summary>
    public double PenaltySeconds(long now) => Penalty.At(Milliseconds(now));

    private void ObserveLatency(double seconds, long now, bool raiseOnly)
    {
        var sample = Math.Max(seconds, ShortestSeconds);
        var time = Milliseconds(now);
        while (true)
        {
            var seen = Latency;
            var updated = raiseOnly ? seen.ObserveAtLeast(sample, time) : seen.Observe(sample, time, Haste);
            if (updated == seen || Interlocked.CompareExchange(ref _hot.Latency, updated.Word, seen.Word) == seen.Word)
            {
                return;
            }
        }
    }

    private long CostLog2(uint time, long seed)
    {
        var inFlight = Volatile.Read(ref _hot.InFlight);
        var latency = Latency;
        var penalty = Penalty;
        var one = latency.IsSet ? latency.Log2At(time) : inFlight > 0 ? seed : Nothing;
        if (inFlight > 0 && Silence(time, latency) is var silence and > 0)
        {
            one = Math.Max(one, Log2.Of(silence) + Outlook);
        }

        if (penalty.IsSet)
        {
            one = Math.Max(one, penalty.Log2At(time));
        }

        return one + Log2.Of(inFlight + 1);
    }

    /// <summary>
    /// For how many whole milliseconds the endpoint has been busy without a success. That is at most the age of its oldest attempt, which nobody could tell without a list of them.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Silence(uint time, DecayingValue latency)
    {
        var busy = (int)(time - Milliseconds(Volatile.Read(ref _hot.BusySince)));
        return (latency.IsSet ? Math.Min(busy, (int)(time - latency.Time)) : busy) - 1;
    }

    private uint Milliseconds(long timestamp) => (uint)(long)(timestamp * MillisecondsPerTick);

    /// <summary>Room on either side, with what stands before it in the object: no other object's field is on a line that every attempt writes.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 136)]
    private struct Hot
    {
        [FieldOffset(40)] public long Latency;
        [FieldOffset(48)] public long Penalty;
        [FieldOffset(56)] public int InFlight;
        [FieldOffset(60)] public int Steps;
        [FieldOffset(64)] public long BusySince;
        [FieldOffset(72)] public long Expected;
    }
}
