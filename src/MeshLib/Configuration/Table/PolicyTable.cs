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
    private static readonly DurationValue Beats = new(TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
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

        Row("LoadBalancing:Policy", Service, new NameValue($"{string.Join(", ", LoadBalancers.BuiltIn)} or a name given to AddLoadBalancer"), "The balancer.",
            p => p.LoadBalancing.Policy, (p, v) => p.LoadBalancing.Policy = v, e => e.LoadBalancing.Policy, (e, v) => e with { LoadBalancing = e.LoadBalancing with { Policy = v } }),
        Row("LoadBalancing:PanicThreshold", Service, Share, "The share of healthy instances (the registry, the mesh's own checks and the instance's peers have a say) below which the others are used as well; 0 is never. Open breakers stay open.",
            p => p.LoadBalancing.PanicThreshold, (p, v) => p.LoadBalancing.PanicThreshold = v, e => e.LoadBalancing.PanicThreshold, (e, v) => e with { LoadBalancing = e.LoadBalancing with { PanicThreshold = v } }),
        Row("LoadBalancing:LeastRequestBias", Service, new NumberValue<double>(0, 10), "How much attempts in flight count against weight for LeastRequest where weights differ; 0 is by weight alone.",
            p => p.LoadBalancing.LeastRequestBias, (p, v) => p.LoadBalancing.LeastRequestBias = v, e => e.LoadBalancing.LeastRequestBias, (e, v) => e with { LoadBalancing = e.LoadBalancing with { LeastRequestBias = v } }),
        Row("LoadBalancing:LeastRequestChoices", Service, new NumberValue<int>(2, 32), "The instances that LeastRequest compares for each attempt.",
            p => p.LoadBalancing.LeastRequestChoices, (p, v) => p.LoadBalancing.LeastRequestChoices = v, e => e.LoadBalancing.LeastRequestChoices, (e, v) => e with { LoadBalancing = e.LoadBalancing with { LeastRequestChoices = v } }),
        Row("LoadBalancing:HashKey", Service, new NamesValue(HashKeySource.Allowed, HashKeySource.IsValid), "What RingHash and Maglev keep requests together by: the first of these that a request has, after the key given to SetMeshHashKey.",
            p => p.LoadBalancing.HashKey, (p, v) => p.LoadBalancing.HashKey = v, e => e.LoadBalancing.HashKey, (e, v) => e with { LoadBalancing = e.LoadBalancing with { HashKey = v } }),
        Row("LoadBalancing:BoundedLoad", Service, new NumberValue<double>(1, 10) { OrOff = true }, "How many times its share of the attempts in flight an instance may have before RingHash and Maglev send keys elsewhere.",
            p => p.LoadBalancing.BoundedLoad, (p, v) => p.LoadBalancing.BoundedLoad = v, e => e.LoadBalancing.BoundedLoad, (e, v) => e with { LoadBalancing = e.LoadBalancing with { BoundedLoad = v } }),
        Row("LoadBalancing:SlowStart", Service, new DurationValue(TimeSpan.Zero, TimeSpan.FromHours(1)), "How long an instance that joins proven peers or has healed takes to get its full share; 0 is off.",
            p => p.LoadBalancing.SlowStart, (p, v) => p.LoadBalancing.SlowStart = v, e => e.LoadBalancing.SlowStart, (e, v) => e with { LoadBalancing = e.LoadBalancing with { SlowStart = v } }),

        Row("Retry:MaxAttempts", Call, new NumberValue<int>(1, 100), "Attempts of one call that an instance may have seen, the first included; 1 switches retries off. Where no connection came about, each other instance is tried once beside that.",
            p => p.Retry.MaxAttempts, (p, v) => p.Retry.MaxAttempts = v, e => e.Retry.MaxAttempts, (e, v) => e with { Retry = e.Retry with { MaxAttempts = v } }),
        Row("Retry:Methods", Call, new NamesValue("HTTP methods", HttpToken.IsValid), "Methods that may be sent again after an instance may have begun to process them.",
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

        Row("OutlierDetection:Enabled", Service, new SwitchValue(), "Whether instances are compared with one another and the worst set aside.",
            p => p.OutlierDetection.Enabled, (p, v) => p.OutlierDetection.Enabled = v, e => e.OutlierDetection.Enabled, (e, v) => Outliers(e, e.OutlierDetection with { Enabled = v })),
        Row("OutlierDetection:Interval", Service, Beats, "How often they are compared, by what each has answered since.",
            p => p.OutlierDetection.Interval, (p, v) => p.OutlierDetection.Interval = v, e => e.OutlierDetection.Interval, (e, v) => Outliers(e, e.OutlierDetection with { Interval = v })),
        Row("OutlierDetection:MaxEjectedRatio", Service, Share, "The share of the instances in use that may be ejected at once; one always may unless it is 0, the last one that gets calls never.",
            p => p.OutlierDetection.MaxEjectedRatio, (p, v) => p.OutlierDetection.MaxEjectedRatio = v, e => e.OutlierDetection.MaxEjectedRatio, (e, v) => Outliers(e, e.OutlierDetection with { MaxEjectedRatio = v })),
        Row("OutlierDetection:SuccessFloor", Service, Share, "The success rate from which an instance is not ejected, however much better its peers are.",
            p => p.OutlierDetection.SuccessFloor, (p, v) => p.OutlierDetection.SuccessFloor = v, e => e.OutlierDetection.SuccessFloor, (e, v) => Outliers(e, e.OutlierDetection with { SuccessFloor = v })),
        Row("OutlierDetection:StandardDeviations", Service, new NumberValue<double>(0, 100), "How far below the mean of all an instance's success rate has to be.",
            p => p.OutlierDetection.StandardDeviations, (p, v) => p.OutlierDetection.StandardDeviations = v, e => e.OutlierDetection.StandardDeviations, (e, v) => Outliers(e, e.OutlierDetection with { StandardDeviations = v })),
        Row("OutlierDetection:FailureRatio", Service, new NumberValue<double>(0.01, 1), "The share of failures that ejects an instance whatever the mean is.",
            p => p.OutlierDetection.FailureRatio, (p, v) => p.OutlierDetection.FailureRatio = v, e => e.OutlierDetection.FailureRatio, (e, v) => Outliers(e, e.OutlierDetection with { FailureRatio = v })),
        Row("OutlierDetection:MinimumThroughput", Service, Count, "Calls that an instance must have had in an interval to be compared.",
            p => p.OutlierDetection.MinimumThroughput, (p, v) => p.OutlierDetection.MinimumThroughput = v, e => e.OutlierDetection.MinimumThroughput, (e, v) => Outliers(e, e.OutlierDetection with { MinimumThroughput = v })),
        Row("OutlierDetection:MinimumEndpoints", Service, Count, "Instances with that many calls below which nobody is ejected.",
            p => p.OutlierDetection.MinimumEndpoints, (p, v) => p.OutlierDetection.MinimumEndpoints = v, e => e.OutlierDetection.MinimumEndpoints, (e, v) => Outliers(e, e.OutlierDetection with { MinimumEndpoints = v })),
        Row("OutlierDetection:EjectionTime", Service, new DurationValue(TimeSpan.FromSeconds(1), DurationValue.Longest), "The first ejection; each further one is longer by as much. At most MaxEjectionTime.",
            p => p.OutlierDetection.EjectionTime, (p, v) => p.OutlierDetection.EjectionTime = v, e => e.OutlierDetection.EjectionTime, (e, v) => Outliers(e, e.OutlierDetection with { EjectionTime = v })),
        Row("OutlierDetection:MaxEjectionTime", Service, new DurationValue(TimeSpan.FromSeconds(1), DurationValue.Longest), "The longest ejection, and the longest absence that an instance can announce.",
            p => p.OutlierDetection.MaxEjectionTime, (p, v) => p.OutlierDetection.MaxEjectionTime = v, e => e.OutlierDetection.MaxEjectionTime, (e, v) => Outliers(e, e.OutlierDetection with { MaxEjectionTime = v })),

        Row("HealthCheck:Path", Service, new PathValue(), "What the mesh asks each instance for, beside the calls, to know whether it is well.",
            p => p.HealthCheck.Path, (p, v) => p.HealthCheck.Path = v, e => e.HealthCheck.Path, (e, v) => Checks(e, e.HealthCheck with { Path = v })),
        Row("HealthCheck:Interval", Service, Beats, "How often each instance is checked that this process uses.",
            p => p.HealthCheck.Interval, (p, v) => p.HealthCheck.Interval = v, e => e.HealthCheck.Interval, (e, v) => Checks(e, e.HealthCheck with { Interval = v })),
        Row("HealthCheck:Timeout", Service, new DurationValue(DurationValue.Shortest, TimeSpan.FromMinutes(1)), "How long a check may take.",
            p => p.HealthCheck.Timeout, (p, v) => p.HealthCheck.Timeout = v, e => e.HealthCheck.Timeout, (e, v) => Checks(e, e.HealthCheck with { Timeout = v })),
        Row("HealthCheck:HealthyThreshold", Service, Count, "Passes in a row that make an unhealthy instance healthy; the first time one is enough.",
            p => p.HealthCheck.HealthyThreshold, (p, v) => p.HealthCheck.HealthyThreshold = v, e => e.HealthCheck.HealthyThreshold, (e, v) => Checks(e, e.HealthCheck with { HealthyThreshold = v })),
        Row("HealthCheck:UnhealthyThreshold", Service, Count, "Failures in a row that make a healthy instance unhealthy.",
            p => p.HealthCheck.UnhealthyThreshold, (p, v) => p.HealthCheck.UnhealthyThreshold = v, e => e.HealthCheck.UnhealthyThreshold, (e, v) => Checks(e, e.HealthCheck with { UnhealthyThreshold = v })),
        Row("HealthCheck:Port", Service, new NumberValue<int>(0, 65535), "The port to ask at; 0 is the instance's own.",
            p => p.HealthCheck.Port, (p, v) => p.HealthCheck.Port = v, e => e.HealthCheck.Port, (e, v) => Checks(e, e.HealthCheck with { Port = v })),

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

    private static EffectivePolicy Outliers(EffectivePolicy policy, OutlierDetectionSettings outliers) => policy with { OutlierDetection = outliers };

    private static EffectivePolicy Checks(EffectivePolicy policy, HealthCheckSettings checks) => policy with { HealthCheck = checks };
}
