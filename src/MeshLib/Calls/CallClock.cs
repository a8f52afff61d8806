using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace MeshLib;

/// <summary>When calls have to end, and whether there is time left for what comes next.</summary>
internal sealed partial class CallClock(MonotonicClock clock, ILogger<CallClock> logger)
{
    /// <summary>A remaining time that rounds to nothing on the wire is no time to ask a server for an answer.</summary>
    public static readonly TimeSpan LeastUsefulTime = TimeSpan.FromMilliseconds(1);

    // By how much a server that counts down the same time may be ahead: the rounding on the wire and its timer.
    private const double SpentSeconds = 0.02;

    private int _debuggerNoted;

    public MonotonicClock Clock => clock;

    /// <summary>The call's own timeout, and the earliest of the deadlines inherited, set on the request, or sent with it by a gRPC client.</summary>
    public CallDeadline DeadlineOf(HttpRequestMessage request, EffectivePolicy policy, bool grpc, long now)
    {
        if (policy.Mode != MeshMode.Enforce || IsDebugging())
        {
            return CallDeadline.None;
        }

        var deadline = Deadline.Current?.TimestampOn(clock) ?? long.MaxValue;
        if (request.Options.TryGetValue(MeshRequestOptions.Deadline, out var own))
        {
            deadline = Math.Min(deadline, own.TimestampOn(clock));
        }

        if (request.Options.TryGetValue(MeshRequestOptions.Timeout, out var span))
        {
            deadline = Math.Min(deadline, clock.After(now, span));
        }

        if (!grpc)
        {
            return new(clock.After(now, policy.Timeout), deadline);
        }

        // gRPC has a deadline of its own, and none means none.
        if (request.Headers.NonValidated.TryGetValues(MeshHeaders.GrpcTimeout, out var values) && TimeoutHeader.TryParse(values.ToString(), out var timeout))
        {
            deadline = Math.Min(deadline, clock.After(now, timeout));
        }

        return new(long.MaxValue, deadline);
    }

    public bool IsTooLate(MeshCall call, long now) => clock.After(now, LeastUsefulTime) >= call.Deadline.DueAt;

    /// <summary>Whether <paramref name="delay"/> leaves time for an attempt.</summary>
    public bool HasTime(MeshCall call, TimeSpan delay, long now) => clock.After(now, delay + LeastUsefulTime) < call.Deadline.DueAt;

    /// <summary>
    /// Whether the time that the server was given for the whole call is spent, so that its "too late" (504) only says what this side is about to find out itself.
    /// </summary>
    public bool IsSpent(MeshCall call)
    {
        // An external host was told nothing of it.
        var due = call.Deadline.DueAt;
        if (due == long.MaxValue || call.Policy.Policy.External)
        {
            return false;
        }

        return clock.SecondsBetween(clock.Now(), due) <= SpentSeconds;
    }

    /// <summary>The limit that a call ran over, as it was set.</summary>
    public TimeSpan LimitOf(MeshCall call, OutcomeReason reason) =>
        reason == OutcomeReason.AttemptTimeout ? call.Policy.Policy.AttemptTimeout : clock.Between(call.Started, call.Deadline.DueAt);

    /// <summary>The time of the call is up before anything, or anything more, was sent.</summary>
    public void Expire(MeshCall call)
    {
        var reason = call.Deadline.Reason;
        call.Outcome = new(new DeadlineExceededException(call.Failure(reason), LimitOf(call, reason)), reason);
    }

    private bool IsDebugging()
    {
        // A test's time stands still with the program, and its limits are part of what is looked at.
        if (!Debugger.IsAttached || clock.TimeProvider != TimeProvider.System)
        {
            return false;
        }

        if (Interlocked.Exchange(ref _debuggerNoted, 1) == 0)
        {
            LogDebugging(logger);
        }

        return true;
    }

    [LoggerMessage(500, LogLevel.Information, "A debugger is attached: the mesh's time limits are off.")]
    private static partial void LogDebugging(ILogger logger);
}
