namespace MeshLib;

/// <summary>
/// What an instance says of its own load: the figures of an ORCA report (Open Request Cost Aggregation, gRPC proposal A51, Envoy) that balancing reads. None is negative; 0 is not reported.
/// </summary>
internal readonly record struct LoadReport
{
    /// <summary>What no instance can do, in requests per second; sums of capacities stay far from what a number can hold.</summary>
    private const double MostCapacity = 1e12;

    /// <summary>How much of what it can do the application does, as it sees it itself; may exceed 1.</summary>
    public double ApplicationUtilization { get; init; }

    /// <summary>How much of its processors it uses; may exceed 1 where the limit is a soft one.</summary>
    public double CpuUtilization { get; init; }

    public double RequestsPerSecond { get; init; }

    public double ErrorsPerSecond { get; init; }

    /// <summary>The application's own figure, or else that of the processors.</summary>
    public double Utilization => ApplicationUtilization > 0 ? ApplicationUtilization : CpuUtilization;

    /// <summary>Whether a capacity follows from it.</summary>
    public bool IsUsable => Utilization > 0 && RequestsPerSecond > 0 && Capacity() is > 0 and < MostCapacity;

    /// <summary>The requests per second that the instance would answer at full use of it (A58): requests ÷ (utilization + share of errors × penalty).</summary>
    /// <param name="errorPenalty">How much utilization an instance that answers nothing but errors is taken to lose.</param>
    public double Capacity(double errorPenalty = 1) => RequestsPerSecond / (Utilization + (ErrorsPerSecond / RequestsPerSecond * errorPenalty));
}
