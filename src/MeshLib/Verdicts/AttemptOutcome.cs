namespace MeshLib;

/// <summary>How an attempt ended: a failure is a value inside the mesh, thrown only where it leaves it.</summary>
internal readonly struct AttemptOutcome
{
    public AttemptOutcome(HttpResponseMessage response, OutcomeReason reason)
    {
        Response = response;
        Reason = reason;
    }

    public AttemptOutcome(Exception error, OutcomeReason reason)
    {
        Error = error;
        Reason = reason;
    }

    private AttemptOutcome(OutcomeReason reason) => Reason = reason;

    public HttpResponseMessage? Response { get; }

    public Exception? Error { get; }

    public OutcomeReason Reason { get; init; }

    public Verdict Verdict => Reason.Verdict();

    /// <summary>How long the endpoint asks to be left alone (<c>Retry-After</c>, <c>grpc-retry-pushback-ms</c>); zero when it does not ask.</summary>
    public TimeSpan RetryAfter { get; init; }

    /// <summary>The endpoint asks not to repeat this request at all (<c>mesh-retry: no</c>, a negative gRPC pushback).</summary>
    public bool RetryForbidden { get; init; }

    /// <summary>How long the endpoint announces to be away (<c>Retry-After</c> and <c>mesh-retry: no</c> together); zero when it does not.</summary>
    public TimeSpan Away { get; init; }

    /// <summary>What is remembered of a call that is over: neither its response nor its exception is kept alive by its report.</summary>
    public static AttemptOutcome Remembered(OutcomeReason reason) => new(reason);
}
