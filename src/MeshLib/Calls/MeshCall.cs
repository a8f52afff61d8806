using System.Diagnostics;

namespace MeshLib;

/// <summary>One logical call on its way through the mesh. It belongs to one flow of control.</summary>
public sealed class MeshCall
{
    private MeshEndpoint? _firstEndpoint;
    private OutcomeReason _firstReason;
    private List<(MeshEndpoint Endpoint, MeshAttempt Attempt)>? _further;

    internal MeshCall(HttpRequestMessage request, long started)
    {
        Request = request;
        Started = started;
        AttemptStarted = started;
        LogicalUri = request.RequestUri!;
    }

    /// <summary>The request as the caller made it.</summary>
    public HttpRequestMessage Request { get; }

    /// <summary>The number of the attempt being made, from 1.</summary>
    public int Attempt { get; internal set; } = 1;

    internal Uri LogicalUri { get; }

    internal MeshHandler Handler { get; init; } = null!;

    internal EndpointSet Set { get; init; } = null!;

    internal CallPolicy Policy { get; init; } = null!;

    internal CancellationToken CallerToken { get; init; }

    /// <summary>Whether the caller uses <see cref="HttpClient.Send(HttpRequestMessage)"/>: the wire is then called synchronously too.</summary>
    internal bool Synchronous { get; init; }

    internal bool Grpc { get; init; }

    internal long Started { get; }

    /// <summary>When the attempt being made began; picking reads it instead of asking the clock again.</summary>
    internal long AttemptStarted { get; set; }

    /// <summary>When the whole call ends; <see cref="long.MaxValue"/> for never.</summary>
    internal CallDeadline Deadline { get; set; }

    /// <summary>Whether an attempt that the endpoint may have begun to process may be repeated.</summary>
    internal bool Repeatable { get; set; }

    /// <summary>Whether the caller wants no second attempt, not even after one that no server has seen.</summary>
    internal bool IsRetryForbidden { get; init; }

    /// <summary>Whether the request's body, if any, can be sent again.</summary>
    internal bool Replayable { get; set; }

    /// <summary>Attempts that no server has seen and that were repeated outside the budget.</summary>
    internal int FreeRetries { get; set; }

    /// <summary>Whether the budget was paid for a retry that has not been sent yet.</summary>
    internal bool RetryPaid { get; set; }

    internal Uri? PinnedEndpoint { get; init; }

    /// <summary>Whether the Host header is the mesh's, to be taken back after the attempt.</summary>
    internal bool HostStamped { get; set; }

    /// <summary>The <c>grpc-timeout</c> that the caller's client wrote, to be put back after the attempt; empty when there was none.</summary>
    internal string? OwnGrpcTimeout { get; set; }

    /// <summary>Whether the call has a permit of its service's bulkhead to give back.</summary>
    internal bool HoldsPermit { get; set; }

    /// <summary>Whether the call is among the active requests.</summary>
    internal bool IsCounted { get; set; }

    internal Activity? Activity { get; set; }

    internal CallLimit? Limit { get; set; }

    /// <summary>Set once the response's body has taken over what the call holds.</summary>
    internal BodyLease? Lease { get; set; }

    /// <summary>How the latest attempt ended, or why there was none.</summary>
    internal AttemptOutcome Outcome { get; set; }

    /// <summary>When the latest attempt ended; the end of the call, unless it waited for another.</summary>
    internal long Ended { get; set; }

    /// <summary>Attempts that were begun at an endpoint.</summary>
    internal int AttemptsMade => _firstEndpoint is null ? 0 : 1 + (_further?.Count ?? 0);

    internal Uri? LastEndpoint => _further is { Count: > 0 } further ? further[^1].Attempt.Endpoint : _firstEndpoint?.Address;

    /// <summary>Whether an earlier attempt of this call went to <paramref name="endpoint"/>.</summary>
    /// <param name="endpoint">The endpoint in question.</param>
    public bool HasTried(MeshEndpoint endpoint)
    {
        if (ReferenceEquals(_firstEndpoint, endpoint))
        {
            return true;
        }

        if (_further is { } further)
        {
            foreach (var (tried, _) in further)
            {
                if (ReferenceEquals(tried, endpoint))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Whether the latest attempt went to an endpoint that an earlier one had gone to.</summary>
    internal bool HasComeBack
    {
        get
        {
            if (_further is not { Count: > 0 } further)
            {
                return false;
            }

            var latest = further[^1].Endpoint;
            for (var earlier = 0; earlier < further.Count - 1; earlier++)
            {
                if (ReferenceEquals(further[earlier].Endpoint, latest))
                {
                    return true;
                }
            }

            return ReferenceEquals(_firstEndpoint, latest);
        }
    }

    /// <summary>Notes an attempt that ended.</summary>
    internal void Record(MeshEndpoint endpoint, OutcomeReason reason)
    {
        if (_firstEndpoint is null)
        {
            _firstEndpoint = endpoint;
            _firstReason = reason;
        }
        else
        {
            (_further ??= []).Add((endpoint, new(endpoint.Address, reason)));
        }
    }

    internal MeshFailure Failure(OutcomeReason reason, TimeSpan? retryAfter = null) =>
        new(Set.Service.Name, reason, AttemptsMade, LastEndpoint, retryAfter);

    /// <summary>The call has nowhere to go.</summary>
    internal void Refuse(OutcomeReason reason)
    {
        var failure = Failure(reason, reason == OutcomeReason.AllEndpointsOpen ? Set.TimeToNextProbe(AttemptStarted) : null);
        Outcome = new(
            reason switch
            {
                OutcomeReason.BulkheadFull => new BulkheadRejectedException(failure, Set.Service.Policy.Bulkhead.MaxConcurrency),
                OutcomeReason.PinnedEndpointUnknown => new NoEndpointAvailableException(failure with { Endpoint = PinnedEndpoint }),
                _ => new NoEndpointAvailableException(failure, Set.Snapshot?.Problem),
            },
            reason);
    }

    internal MeshCallReport ToReport()
    {
        MeshAttempt[] attempts = _firstEndpoint is null ? [] : [new(_firstEndpoint.Address, _firstReason), .. _further?.Select(static further => further.Attempt) ?? []];
        return new(Set.Service.Name, Outcome.Reason, attempts);
    }
}
