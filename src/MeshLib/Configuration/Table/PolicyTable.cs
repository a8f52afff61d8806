using static MeshLib.OptionScope;

namespace MeshLib;

/// <summary>
/// The one table of every option of a policy. Reading, printing, merging, checking, the search for the name that was meant and the table in the README all come from it:
/// a new option is a property in <see cref="MeshPolicy"/>, one in <see cref="EffectivePolicy"/> with its default, and a row here.
/// </summary>
internal static class PolicyTable
{
    private static readonly DurationValue Time = new(DurationValue.Shortest, DurationValue.Longest);
    private static readonly DurationValue Pause = new(TimeSpan.Zero, DurationValue.Longest);
    private static readonly NumberValue<int> Count = new(1, 1_000_000);
    private static readonly NumberValue<double> Share = new(0, 1);

    public static IReadOnlyList<PolicyOption> Options { get; } =
    [
        Row("Mode", Service, new ChoiceValue<MeshMode>(), "How much the mesh does: everything, decide but change nothing, or discovery alone.",
            p => p.Mode, (p, v) => p.Mode = v, e => e.Mode, (e, v) => e with { Mode = v }),
        Row("External", Service, new SwitchValue(), "A foreign host: no mesh header leaves, redirects, proxy and cookies stay as the factory has them.",
            p => p.External, (p, v) => p.External = v, e => e.External, (e, v) => e with { External = v }),
        Row("Timeout", Call, Time, "The whole call, all attempts and pauses together.",
            p => p.Timeout, (p, v) => p.Timeout = v, e => e.Timeout, (e, v) => e with { Timeout = v }),
        Row("AttemptTimeout", Call, Time, "One attempt while another is allowed: a slower answer is given up and asked for again. At most Timeout, which it follows when left alone.",
            p => p.AttemptTimeout, (p, v) => p.AttemptTimeout = v, e => e.AttemptTimeout, (e, v) => e with { AttemptTimeout = v }),
        Row("ConnectTimeout", Call, Time, "Opening a connection; below AttemptTimeout. Left alone: the lesser of 2 s and half of AttemptTimeout.",
            p => p.ConnectTimeout, (p, v) => p.ConnectTimeout = v, e => e.ConnectTimeout, (e, v) => e with { ConnectTimeout = v }),
        Row("ReadIdleTimeout", Call, Time, "The longest silence of a streamed response body while it is read.",
            p => p.ReadIdleTimeout, (p, v) => p.ReadIdleTimeout = v, e => e.ReadIdleTimeout, (e, v) => e with { ReadIdleTimeout = v }),

        Row("LoadBalancing:Policy", Service, new NameValue("PeakEwma, LeastRequest, RoundRobin, Random or a name given to AddLoadBalancer"), "The balancer.",
            p => p.LoadBalancing.Policy, (p, v) => p.LoadBalancing.Policy = v, e => e.LoadBalancing.Policy, (e, v) => e with { LoadBalancing = e.LoadBalancing with { Policy = v } }),
        Row("LoadBalancing:PanicThreshold", Service, Share, "The share of instances that the registry calls healthy, below which the others are used as well; 0 is never. Open breakers stay open.",
            p => p.LoadBalancing.PanicThreshold, (p, v) => p.LoadBalancing.PanicThreshold = v, e => e.LoadBalancing.PanicThreshold, (e, v) => e with { LoadBalancing = e.LoadBalancing with { PanicThreshold = v } }),

        Row("Retry:MaxAttempts", Call, new NumberValue<int>(1, 100), "Attempts of one call that an instance may have seen, the first included; 1 switches retries off. Where no connection came about, each other instance is tried once beside that.",
            p => p.Retry.MaxAttempts, (p, v) => p.Retry.MaxAttempts = v, e => e.Retry.MaxAttempts, (e, v) => e with { Retry = e.Retry with { MaxAttempts = v } }),
        Row("Retry:Methods", Call, new NamesValue("HTTP methods", IsToken), "Methods that may be sent again after an instance may have begun to process them.",
            p => p.Retry.Methods, (p, v) => p.Retry.Methods = v, e => e.Retry.Methods, (e, v) => e with { Retry = e.Retry with { Methods = v } }),
        Row("Retry:GrpcMethods", Call, new NamesValue("patterns such as /shop.Orders/Get*", static name => name.StartsWith('/')), "Methods of gRPC that may be sent again.",
            p => p.Retry.GrpcMethods, (p, v) => p.Retry.GrpcMethods = v, e => e.Retry.GrpcMethods, (e, v) => e with { Retry = e.Retry with { GrpcMethods = v } }),
        Row("Retry:Backoff", Call, Pause, "The pause before the first retry, doubled for each further one, fully jittered; at most MaxBackoff.",
            p => p.Retry.Backoff, (p, v) => p.Retry.Backoff = v, e => e.Retry.Backoff, (e, v) => e with { Retry = e.Retry with { Backoff = v } }),
        Row("Retry:MaxBackoff", Call, Pause, "The longest pause between attempts.",
            p => p.Retry.MaxBackoff, (p, v) => p.Retry.MaxBackoff = v, e => e.Retry.MaxBackoff, (e, v) => e with { Retry = e.Retry with { MaxBackoff = v } }),
        Row("Retry:ReplayLimit", Call, new NumberValue<int>(0, 64 << 20), "The longest request body, in bytes, that is kept for another attempt.",
            p => p.Retry.ReplayLimit, (p, v) => p.Retry.ReplayLimit = v, e => e.Retry.ReplayLimit, (e, v) => e with { Retry = e.Retry with { ReplayLimit = v } }),
        Row("Retry:Budget:Ratio", Service, Share, "Retries per call, over the budget's window.",
            p => p.Retry.Budget.Ratio, (p, v) => p.Retry.Budget.Ratio = v, e => e.Retry.Budget.Ratio, (e, v) => Budget(e, e.Retry.Budget with { Ratio = v })),
        Row("Retry:Budget:MinPerSecond", Service, new NumberValue<double>(0, 1000), "Retries per second that are allowed however few calls there are.",
            p => p.Retry.Budget.MinPerSecond, (p, v) => p.Retry.Budget.MinPerSecond = v, e => e.Retry.Budget.MinPerSecond, (e, v) => Budget(e, e.Retry.Budget with { MinPerSecond = v })),
        Row("Retry:Budget:Burst", Service, new NumberValue<int>(0, 100_000), "Retries that are allowed from the start, and the most the floor saves up.",
            p => p.Retry.Budget.Burst, (p, v) => p.Retry.Budget.Burst = v, e => e.Retry.Budget.Burst, (e, v) => Budget(e, e.Retry.Budget with { Burst = v })),
        Row("Retry:Budget:Window", Service, new DurationValue(TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)), "How long a call counts for the budget.",
            p => p.Retry.Budget.Window, (p, v) => p.Retry.Budget.Window = v, e => e.Retry.Budget.Window, (e, v) => Budget(e, e.Retry.Budget with { Window = v })),

        Row("CircuitBreaker:ConsecutiveFailures", Service, Count, "Failures in a row that open the breaker of an instance.",
            p => p.CircuitBreaker.ConsecutiveFailures, (p, v) => p.CircuitBreaker.ConsecutiveFailures = v, e => e.CircuitBreaker.ConsecutiveFailures, (e, v) => Breaker(e, e.CircuitBreaker with { ConsecutiveFailures = v })),
        Row("CircuitBreaker:FailureRatio", Service, new NumberValue<double>(0.01, 1), "The share of failures over the window that opens it.",
            p => p.CircuitBreaker.FailureRatio, (p, v) => p.CircuitBreaker.FailureRatio = v, e => e.CircuitBreaker.FailureRatio, (e, v) => Breaker(e, e.CircuitBreaker with { FailureRatio = v })),
        Row("CircuitBreaker:MinimumThroughput", Service, Count, "Calls in the window below which the ratio says nothing.",
            p => p.CircuitBreaker.MinimumThroughput, (p, v) => p.CircuitBreaker.MinimumThroughput = v, e => e.CircuitBreaker.MinimumThroughput, (e, v) => Breaker(e, e.CircuitBreaker with { MinimumThroughput = v })),
        Row("CircuitBreaker:Window", Service, new DurationValue(TimeSpan.FromMilliseconds(500), TimeSpan.FromHours(1)), "The time over which the ratio is taken.",
            p => p.CircuitBreaker.Window, (p, v) => p.CircuitBreaker.Window = v, e => e.CircuitBreaker.Window, (e, v) => Breaker(e, e.CircuitBreaker with { Window = v })),
        Row("CircuitBreaker:BreakDuration", Service, Time, "The first break; each failed probe makes the next one longer. At most MaxBreakDuration.",
            p => p.CircuitBreaker.BreakDuration, (p, v) => p.CircuitBreaker.BreakDuration = v, e => e.CircuitBreaker.BreakDuration, (e, v) => Breaker(e, e.CircuitBreaker with { BreakDuration = v })),
        Row("CircuitBreaker:MaxBreakDuration", Service, Time, "The longest break.",
            p => p.CircuitBreaker.MaxBreakDuration, (p, v) => p.CircuitBreaker.MaxBreakDuration = v, e => e.CircuitBreaker.MaxBreakDuration, (e, v) => Breaker(e, e.CircuitBreaker with { MaxBreakDuration = v })),

        Row("Bulkhead:MaxConcurrency", Service, Count, "Calls that may run at once.",
            p => p.Bulkhead.MaxConcurrency, (p, v) => p.Bulkhead.MaxConcurrency = v, e => e.Bulkhead.MaxConcurrency, (e, v) => e with { Bulkhead = e.Bulkhead with { MaxConcurrency = v } }),
        Row("Bulkhead:MaxStreams", Service, Count, "Streams that may be open at once, counted apart from calls.",
            p => p.Bulkhead.MaxStreams, (p, v) => p.Bulkhead.MaxStreams = v, e => e.Bulkhead.MaxStreams, (e, v) => e with { Bulkhead = e.Bulkhead with { MaxStreams = v } }),
        Row("Bulkhead:MaxQueue", Service, new NumberValue<int>(0, 1_000_000), "Calls that may wait for a place.",
            p => p.Bulkhead.MaxQueue, (p, v) => p.Bulkhead.MaxQueue = v, e => e.Bulkhead.MaxQueue, (e, v) => e with { Bulkhead = e.Bulkhead with { MaxQueue = v } }),

        Row("Zone:Enabled", Service, new SwitchValue(), "Instances in the own zone are preferred, as far as they can carry it.",
            p => p.Zone.Enabled, (p, v) => p.Zone.Enabled = v, e => e.Zone.Enabled, (e, v) => e with { Zone = e.Zone with { Enabled = v } }),
        Row("Zone:MinEndpointsPerZone", Service, Count, "Instances that the own zone must have to be preferred.",
            p => p.Zone.MinEndpointsPerZone, (p, v) => p.Zone.MinEndpointsPerZone = v, e => e.Zone.MinEndpointsPerZone, (e, v) => e with { Zone = e.Zone with { MinEndpointsPerZone = v } }),
        Row("Zone:Overprovisioning", Service, new NumberValue<double>(1, 10), "How much more than its normal load a zone can take: at 1.4 it counts as whole while 71 % of it is available.",
            p => p.Zone.Overprovisioning, (p, v) => p.Zone.Overprovisioning = v, e => e.Zone.Overprovisioning, (e, v) => e with { Zone = e.Zone with { Overprovisioning = v } }),
        Row("Zone:Failover", Service, new NamesValue("names of zones", static name => !string.IsNullOrWhiteSpace(name)), "The zones that stand in for the own one, in this order, all others last. Left alone: wherever there is room, so that the load of all instances is even.",
            p => p.Zone.Failover, (p, v) => p.Zone.Failover = v, e => e.Zone.Failover, (e, v) => e with { Zone = e.Zone with { Failover = v } }),

        Row("Subsetting:Enabled", Service, new SwitchValue(), "One process calls only some instances of a large service.",
            p => p.Subsetting.Enabled, (p, v) => p.Subsetting.Enabled = v, e => e.Subsetting.Enabled, (e, v) => e with { Subsetting = e.Subsetting with { Enabled = v } }),
        Row("Subsetting:MinEndpoints", Service, new NumberValue<int>(2, 1_000_000), "Instances below which all are called.",
            p => p.Subsetting.MinEndpoints, (p, v) => p.Subsetting.MinEndpoints = v, e => e.Subsetting.MinEndpoints, (e, v) => e with { Subsetting = e.Subsetting with { MinEndpoints = v } }),
        Row("Subsetting:Aperture", Service, Count, "Instances that a process calls at least when the registry tells its place among those of its own service, so that together they call all evenly.",
            p => p.Subsetting.Aperture, (p, v) => p.Subsetting.Aperture = v, e => e.Subsetting.Aperture, (e, v) => e with { Subsetting = e.Subsetting with { Aperture = v } }),
        Row("Subsetting:Size", Service, Count, "Instances that a process calls when its place is not known: each draws its own.",
            p => p.Subsetting.Size, (p, v) => p.Subsetting.Size = v, e => e.Subsetting.Size, (e, v) => e with { Subsetting = e.Subsetting with { Size = v } }),
    ];

    /// <summary>The option that the mode is, which also stands outside policies.</summary>
    public static PolicyOption<MeshMode> Mode { get; } = Get<MeshMode>("Mode");

    /// <summary>The option at <paramref name="path"/>, whatever the case.</summary>
    public static PolicyOption? Find(string path) => Options.FirstOrDefault(option => option.Path.Equals(path, StringComparison.OrdinalIgnoreCase));

    /// <summary>The option at <paramref name="path"/>, for code that knows its type.</summary>
    public static PolicyOption<T> Get<T>(string path)
        where T : notnull => (PolicyOption<T>)Find(path)!;

    /// <summary>The names that may stand directly below <paramref name="prefix"/>, which is empty or ends with a colon; none when there is no such section.</summary>
    public static IReadOnlyList<string> NamesBelow(string prefix) =>
    [
        .. from option in Options
           where option.Path.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)
           select option.Path[prefix.Length..].Split(':')[0] into name
           group name by name into names
           select names.Key,
    ];

    private static PolicyOption<T> Row<T>(
        string path,
        OptionScope scope,
        OptionValue<T> value,
        string description,
        Func<MeshPolicy, object?> get,
        Action<MeshPolicy, T> set,
        Func<EffectivePolicy, T> read,
        Func<EffectivePolicy, T, EffectivePolicy> with)
        where T : notnull => new(path, scope, description, value, new(get, set), new(read, with));

    private static EffectivePolicy Budget(EffectivePolicy policy, RetryBudgetSettings budget) => policy with { Retry = policy.Retry with { Budget = budget } };

    private static EffectivePolicy Breaker(EffectivePolicy policy, CircuitBreakerSettings breaker) => policy with { CircuitBreaker = breaker };

    // RFC 9110, 5.6.2: a method is a token.
    private static bool IsToken(string text) => text.Length > 0 && text.All(static c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c));
}
