namespace MeshLib;

/// <summary>How much extra load retries may cause; a part of <see cref="RetryOptions"/> that all clients of a service share.</summary>
public sealed class RetryBudgetOptions
{
    /// <summary>Retries per call, over <see cref="Window"/>.</summary>
    /// <value>Default 0.1; from 0 to 1.</value>
    public double? Ratio { get; set; }

    /// <summary>Retries per second that are allowed however few calls there are.</summary>
    /// <value>Default 0.1; from 0 to 1000. The number of client processes times this must stay far below the service's spare capacity.</value>
    public double? MinPerSecond { get; set; }

    /// <summary>Retries that are allowed from the start, and the most the floor saves up.</summary>
    /// <value>Default 5; from 0 to 100000.</value>
    public int? Burst { get; set; }

    /// <summary>How long a call counts.</summary>
    /// <value>Default 10 s; from 1 s to 1 h.</value>
    public TimeSpan? Window { get; set; }
}
