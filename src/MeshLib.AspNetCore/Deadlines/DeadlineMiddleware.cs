using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.ObjectPool;

namespace MeshLib.AspNetCore;

/// <summary>
/// Takes the deadline that came with a request, makes it ambient for the calls that serving it makes, and ends the work when it passes: nobody waits for the answer any more.
/// </summary>
/// <remarks>
/// The work is ended through <see cref="HttpContext.RequestAborted"/>. A handler that does not look at it runs on; when it is done, its response is replaced by 504 unless it has begun.
/// gRPC requests get the ambient deadline only: the gRPC server reads <c>grpc-timeout</c> itself and answers DEADLINE_EXCEEDED, where a 504 would be no gRPC answer at all.
/// What fails once the deadline has passed is answered as the deadline, whatever it throws: drivers wrap a cancellation in an exception of their own, and a 500 would count against this server.
/// </remarks>
internal sealed partial class DeadlineMiddleware(RequestDelegate next, MonotonicClock clock, DeadlineSweep sweep, ServerSettingsSource settings, ServerMetrics metrics, ILogger<DeadlineMiddleware> logger)
{
    private readonly ObjectPool<RequestLimit> _limits = new DefaultObjectPool<RequestLimit>(new LimitPolicy(sweep));
    private int _debuggerNoted;

    public Task InvokeAsync(HttpContext context)
    {
        var current = settings.Current;
        if (current.Deadline == ServerDeadlineMode.Off || IsDebugging())
        {
            return next(context);
        }

        var timeout = InboundDeadline.Read(context.Request.Headers, metrics);
        if (timeout is null || current.MaxDeadline < timeout)
        {
            timeout = current.MaxDeadline;
        }

        if (timeout is null)
        {
            return next(context);
        }

        var deadline = Deadline.After(timeout.Value, clock).Earliest(Deadline.Current);
        if (IsGrpc(context.Request))
        {
            return current.Deadline == ServerDeadlineMode.Enforce ? HandOnAsync(context, deadline) : next(context);
        }

        return current.Deadline == ServerDeadlineMode.Enforce ? EnforceAsync(context, deadline) : ObserveAsync(context, deadline);
    }

    private static bool IsGrpc(HttpRequest request) => request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true;

    private async Task HandOnAsync(HttpContext context, Deadline deadline)
    {
        try
        {
            using (Deadline.Begin(deadline))
            {
                await next(context).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (IsEnd(exception, deadline) && !context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            // Not from the gRPC server, which answers what its services throw.
            CountEnd(context);
            TellFault(exception);
            DeadlineAnswer.WriteGrpc(context);
        }
    }

    private async Task ObserveAsync(HttpContext context, Deadline deadline)
    {
        var expired = deadline.IsExpired;
        if (expired)
        {
            metrics.ExpiredOnArrival();
        }

        await next(context).ConfigureAwait(false);
        if (!expired && deadline.IsExpired)
        {
            CountEnd(context);
        }
    }

    private async Task EnforceAsync(HttpContext context, Deadline deadline)
    {
        if (deadline.IsExpired)
        {
            metrics.ExpiredOnArrival();
            await DeadlineAnswer.WriteAsync(context).ConfigureAwait(false);
            return;
        }

        var clientGone = context.RequestAborted;
        try
        {
            await ServeAsync(context, deadline, clientGone).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsEnd(exception, deadline) && !clientGone.IsCancellationRequested)
        {
            CountEnd(context);
            if (context.Response.HasStarted)
            {
                // The server cuts the response off, so that the client does not take it for a whole one.
                throw;
            }

            TellFault(exception);
            await DeadlineAnswer.WriteAsync(context).ConfigureAwait(false);
            return;
        }

        // The handler did not notice, or answered in its own way.
        if (deadline.IsExpired && !clientGone.IsCancellationRequested)
        {
            CountEnd(context);
            if (!context.Response.HasStarted)
            {
                await DeadlineAnswer.WriteAsync(context).ConfigureAwait(false);
            }
        }
    }

    private async Task ServeAsync(HttpContext context, Deadline deadline, CancellationToken clientGone)
    {
        var limit = _limits.Get();
        context.RequestAborted = limit.Begin(clientGone);
        sweep.Add(limit, deadline.TimestampOn(clock));
        try
        {
            using (Deadline.Begin(deadline))
            {
                await next(context).ConfigureAwait(false);
            }
        }
        finally
        {
            var reusable = sweep.Remove(limit);
            limit.End();

            // What stands outside, the server among it, goes on with the token it knows.
            context.RequestAborted = clientGone;
            if (reusable)
            {
                _limits.Return(limit);
            }
        }
    }

    /// <summary>Whether the deadline has passed, or an outgoing call of the mesh has given up, as it does where there is no time for a useful answer.</summary>
    private static bool IsEnd(Exception exception, Deadline deadline) =>
        deadline.IsExpired || (IsOfCall(exception) && deadline.Remaining <= CallClock.LeastUsefulTime);

    /// <summary>Whether an outgoing call of the mesh ran out of time; the body of its response then breaks with an I/O exception, which HttpClient wraps once more.</summary>
    private static bool IsOfCall(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is DeadlineExceededException)
            {
                return true;
            }
        }

        return false;
    }

    private void TellFault(Exception exception)
    {
        // Anything else may be a wrapped cancellation or a fault of the handler's own; the caller is told the same, so the log has to keep it.
        if (exception is not OperationCanceledException && !IsOfCall(exception))
        {
            LogFault(logger, exception);
        }
    }

    private void CountEnd(HttpContext context)
    {
        if (context.Response.HasStarted)
        {
            metrics.EndedLate();
        }
        else
        {
            metrics.Ended();
        }
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

    [LoggerMessage(601, LogLevel.Information, "A debugger is attached: the deadlines of inbound requests are not enforced.")]
    private static partial void LogDebugging(ILogger logger);

    [LoggerMessage(602, LogLevel.Warning, "A request failed after its deadline had passed, and is answered as late: the failure may come of the cancellation or be the handler's own.")]
    private static partial void LogFault(ILogger logger, Exception exception);

    private sealed class LimitPolicy(DeadlineSweep sweep) : PooledObjectPolicy<RequestLimit>
    {
        public override RequestLimit Create() => new(sweep);

        public override bool Return(RequestLimit limit) => true;
    }
}
