namespace MeshLib.Testing.Simulation;

/// <summary>One thing that goes wrong with a server for a while.</summary>
public sealed record ServerFault
{
    /// <summary>What goes wrong.</summary>
    public required ServerFaultKind Kind { get; init; }

    /// <summary>When it begins.</summary>
    public TimeSpan From { get; init; }

    /// <summary>When it is over.</summary>
    /// <value>Default never.</value>
    public TimeSpan Until { get; init; } = TimeSpan.MaxValue;

    /// <summary>For <see cref="ServerFaultKind.Slow"/> and <see cref="ServerFaultKind.WarmingUp"/>: the part of its speed that is left at first, above 0.</summary>
    public double Speed { get; init; } = 0.1;

    /// <summary>For <see cref="ServerFaultKind.Delayed"/>: the latency, 0 or more.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>For <see cref="ServerFaultKind.Failing"/>: the status.</summary>
    public int Status { get; init; } = 503;

    /// <summary>For <see cref="ServerFaultKind.Failing"/> and <see cref="ServerFaultKind.Delayed"/>: the part of requests that it happens to, 0 to 1.</summary>
    /// <value>Default 1: all.</value>
    public double Share { get; init; } = 1;

    /// <summary>The server works at a fraction of its speed.</summary>
    /// <param name="from">When that begins.</param>
    /// <param name="until">When it is over.</param>
    /// <param name="speed">The part of its speed that is left, above 0.</param>
    public static ServerFault Slow(TimeSpan from, TimeSpan until, double speed) => new() { Kind = ServerFaultKind.Slow, From = from, Until = until, Speed = speed };

    /// <summary>The server has just started and becomes faster from there on.</summary>
    /// <param name="from">When that begins.</param>
    /// <param name="until">When it works at full speed.</param>
    /// <param name="speed">The part of its speed that it begins with, above 0.</param>
    public static ServerFault WarmingUp(TimeSpan from, TimeSpan until, double speed) => new() { Kind = ServerFaultKind.WarmingUp, From = from, Until = until, Speed = speed };

    /// <summary>The server answers each request, or each of a part of them, after the same delay.</summary>
    /// <param name="from">When that begins.</param>
    /// <param name="until">When it is over.</param>
    /// <param name="delay">The latency.</param>
    /// <param name="share">The part of requests that are delayed, 0 to 1.</param>
    public static ServerFault Delayed(TimeSpan from, TimeSpan until, TimeSpan delay, double share = 1) =>
        new() { Kind = ServerFaultKind.Delayed, From = from, Until = until, Delay = delay, Share = share };

    /// <summary>The server answers with a status at once.</summary>
    /// <param name="from">When that begins.</param>
    /// <param name="until">When it is over.</param>
    /// <param name="status">The status.</param>
    /// <param name="share">The part of requests that fail, 0 to 1.</param>
    public static ServerFault Failing(TimeSpan from, TimeSpan until, int status = 503, double share = 1) =>
        new() { Kind = ServerFaultKind.Failing, From = from, Until = until, Status = status, Share = share };

    /// <summary>The server stands still.</summary>
    /// <param name="from">When that begins.</param>
    /// <param name="until">When it goes on.</param>
    public static ServerFault Hanging(TimeSpan from, TimeSpan until) => new() { Kind = ServerFaultKind.Hanging, From = from, Until = until };

    /// <summary>The server is gone.</summary>
    /// <param name="from">When that begins.</param>
    /// <param name="until">When it is back.</param>
    public static ServerFault Down(TimeSpan from, TimeSpan until) => new() { Kind = ServerFaultKind.Down, From = from, Until = until };
}
