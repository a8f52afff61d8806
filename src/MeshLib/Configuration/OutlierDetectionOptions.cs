namespace MeshLib;

/// <summary>When an instance that fails more than its peers is set aside, and for how long; a part of <see cref="MeshPolicy"/> that all clients of a service share. The rules are Envoy's and gRFC A50's.</summary>
public sealed class OutlierDetectionOptions
{
    /// <summary>Whether instances are compared with one another at all.</summary>
    /// <value>Default <see langword="true"/>.</value>
    public bool? Enabled { get; set; }

    /// <summary>How often they are compared, by what each has answered since the last time.</summary>
    /// <value>Default 10 s; from 1 s to 1 h.</value>
    public TimeSpan? Interval { get; set; }

    /// <summary>The share of the instances in use that may be ejected at once. One always may, where it is above 0, and the last one that gets calls never.</summary>
    /// <value>Default 0.1; from 0 to 1.</value>
    public double? MaxEjectedRatio { get; set; }

    /// <summary>The success rate from which an instance is not ejected for being below its peers, however much better they are.</summary>
    /// <value>Default 0.95; from 0 to 1.</value>
    public double? SuccessFloor { get; set; }

    /// <summary>How many standard deviations below its peers' mean an instance's success rate has to be. Of n instances none can be more than √(n − 1) below.</summary>
    /// <value>Default 1.9; from 0 to 100.</value>
    public double? StandardDeviations { get; set; }

    /// <summary>The share of failures that ejects an instance whatever its peers' rates are.</summary>
    /// <value>Default 0.85; from 0.01 to 1.</value>
    public double? FailureRatio { get; set; }

    /// <summary>The calls that an instance must have had in an interval to be compared.</summary>
    /// <value>Default 100; from 1 to 1000000.</value>
    public int? MinimumThroughput { get; set; }

    /// <summary>The instances with that many calls below which nobody is ejected.</summary>
    /// <value>Default 5; from 1 to 1000000.</value>
    public int? MinimumEndpoints { get; set; }

    /// <summary>The first ejection; each further one is longer by as much, and each interval without one takes a step back.</summary>
    /// <value>Default 30 s, or <see cref="MaxEjectionTime"/> where that is shorter; from 1 s to <see cref="MaxEjectionTime"/>.</value>
    public TimeSpan? EjectionTime { get; set; }

    /// <summary>The longest ejection, and the longest time that an instance which announces its absence is believed.</summary>
    /// <value>Default 5 min; from 1 s to 24 days.</value>
    public TimeSpan? MaxEjectionTime { get; set; }
}
