using System.Collections.Frozen;

namespace MeshLib;

/// <summary>The policy in force for a service, or for one client of it, after all layers: immutable, every value set, every value knows its origin.</summary>
/// <remarks>The values that stand here are the built-in defaults; <see cref="PolicyTable"/> reads them from here and states them nowhere else.</remarks>
internal sealed record EffectivePolicy
{
    public MeshMode Mode { get; init; } = MeshMode.Enforce;
    public bool External { get; init; }
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Already resolved: the lesser of 2 s and half of <see cref="AttemptTimeout"/> where nobody set it.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(1.5);
    public TimeSpan ReadIdleTimeout { get; init; } = TimeSpan.FromSeconds(30);
    public LoadBalancingSettings LoadBalancing { get; init; } = new();
    public RetrySettings Retry { get; init; } = new();
    public CircuitBreakerSettings CircuitBreaker { get; init; } = new();
    public OutlierDetectionSettings OutlierDetection { get; init; } = new();
    public HealthCheckSettings HealthCheck { get; init; } = new();
    public BulkheadSettings Bulkhead { get; init; } = new();
    public ZoneSettings Zone { get; init; } = new();
    public SubsettingSettings Subsetting { get; init; } = new();

    /// <summary>Where each value came from, by option path (<c>Retry:MaxAttempts</c>): <c>built-in</c>, <c>code: Defaults</c>, <c>Mesh:Services:orders:Timeout</c>, …</summary>
    public IReadOnlyDictionary<string, string> Origins { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>Equal when every option has the same value. Origins take no part: a value that merely moved to another layer changes nothing for a call.</summary>
    public bool Equals(EffectivePolicy? other) => other is not null && PolicyTable.Options.All(option => option.Same(this, other));

    public override int GetHashCode() => HashCode.Combine(Mode, External, Timeout, AttemptTimeout, LoadBalancing, Retry, CircuitBreaker, Bulkhead);
}

internal sealed record LoadBalancingSettings
{
    public string Policy { get; init; } = "PeakEwma";
    public double PanicThreshold { get; init; } = 0.5;
    public double LeastRequestBias { get; init; } = 1;
    public int LeastRequestChoices { get; init; } = 2;
    public IReadOnlyList<string> HashKey { get; init => field = NameList.Of(value); } = NameList.Of([]);

    /// <summary>0 for off.</summary>
    public double BoundedLoad { get; init; }
    public TimeSpan SlowStart { get; init; } = TimeSpan.FromSeconds(30);
}

internal sealed record RetrySettings
{
    public int MaxAttempts { get; init; } = 3;
    public IReadOnlyList<string> Methods { get; init => field = NameList.Of(value); } = NameList.Of(["GET", "HEAD", "OPTIONS"]);
    public IReadOnlyList<string> GrpcMethods { get; init => field = NameList.Of(value); } = NameList.Of([]);
    public TimeSpan Backoff { get; init; } = TimeSpan.FromMilliseconds(25);
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromMilliseconds(250);
    public int ReplayLimit { get; init; } = 65536;
    public RetryBudgetSettings Budget { get; init; } = new();
}

internal sealed record RetryBudgetSettings
{
    public double Ratio { get; init; } = 0.1;
    public double MinPerSecond { get; init; } = 0.1;
    public int Burst { get; init; } = 5;
    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(10);
}

internal sealed record CircuitBreakerSettings
{
    public int ConsecutiveFailures { get; init; } = 5;
    public double FailureRatio { get; init; } = 0.5;
    public int MinimumThroughput { get; init; } = 20;
    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(10);
    public TimeSpan BreakDuration { get; init; } = TimeSpan.FromSeconds(1);
    public TimeSpan MaxBreakDuration { get; init; } = TimeSpan.FromSeconds(60);
}

internal sealed record OutlierDetectionSettings
{
    public bool Enabled { get; init; } = true;
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);
    public double MaxEjectedRatio { get; init; } = 0.1;
    public double SuccessFloor { get; init; } = 0.95;
    public double StandardDeviations { get; init; } = 1.9;
    public double FailureRatio { get; init; } = 0.85;
    public int MinimumThroughput { get; init; } = 100;
    public int MinimumEndpoints { get; init; } = 5;
    public TimeSpan EjectionTime { get; init; } = TimeSpan.FromSeconds(30);
    public TimeSpan MaxEjectionTime { get; init; } = TimeSpan.FromMinutes(5);
}

internal sealed record HealthCheckSettings
{
    public string Path { get; init; } = PathValue.Off;
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(2);
    public int HealthyThreshold { get; init; } = 2;
    public int UnhealthyThreshold { get; init; } = 3;
    public int Port { get; init; }
}

internal sealed record BulkheadSettings
{
    public int MaxConcurrency { get; init; } = 256;
    public int MaxStreams { get; init; } = 1024;
    public int MaxQueue { get; init; }
}

internal sealed record ZoneSettings
{
    public bool Enabled { get; init; } = true;
    public int MinEndpointsPerZone { get; init; } = 2;
    public double Overprovisioning { get; init; } = 1.4;
    public IReadOnlyList<string> Failover { get; init => field = NameList.Of(value); } = NameList.Of([]);
}

internal sealed record SubsettingSettings
{
    public bool Enabled { get; init; } = true;
    public int MinEndpoints { get; init; } = 100;
    public int Aperture { get; init; } = 12;
    public int Size { get; init; } = 100;
}
