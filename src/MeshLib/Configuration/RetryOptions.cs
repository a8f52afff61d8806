namespace MeshLib;

/// <summary>Which calls are sent again, how often and when; a part of <see cref="MeshPolicy"/>.</summary>
public sealed class RetryOptions
{
    /// <summary>
    /// The attempts of one call that a server may see, the first one included; 1 switches retries off. An attempt that no server has seen (connection refused or timed out,
    /// name or TLS failure, REFUSED_STREAM) is repeated beside them, once for each endpoint, and outside the budget.
    /// </summary>
    /// <value>Default 3; from 1 to 100.</value>
    public int? MaxAttempts { get; set; }

    /// <summary>The HTTP methods that may be sent again after an instance may have begun to process them. A request with an <c>Idempotency-Key</c> may be whatever its method.</summary>
    /// <value>Default GET, HEAD, OPTIONS.</value>
    public IReadOnlyList<string>? Methods { get; set; }

    /// <summary>The gRPC methods that may be sent again, as patterns such as <c>/shop.Orders/Get*</c>.</summary>
    /// <value>Default none; each begins with <c>/</c>.</value>
    public IReadOnlyList<string>? GrpcMethods { get; set; }

    /// <summary>The pause before the first retry, doubled for each further one and fully jittered.</summary>
    /// <value>Default 25 ms, or <see cref="MaxBackoff"/> where that is shorter; from 0 (at once) to <see cref="MaxBackoff"/>.</value>
    public TimeSpan? Backoff { get; set; }

    /// <summary>The longest pause between attempts.</summary>
    /// <value>Default 250 ms; from 0 to 24 days.</value>
    public TimeSpan? MaxBackoff { get; set; }

    /// <summary>The longest request body, in bytes, that is kept for another attempt; a longer one is sent once.</summary>
    /// <value>Default 65536; from 0 to 67108864.</value>
    public int? ReplayLimit { get; set; }

    /// <summary>How much extra load retries may cause. Shared by all clients of a service.</summary>
    public RetryBudgetOptions Budget { get; } = new();
}
