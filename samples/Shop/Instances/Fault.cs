namespace Shop.Instances;

/// <summary>What is wrong with an instance.</summary>
internal enum Fault
{
    /// <summary>Nothing: it answers after 10 ms of work.</summary>
    None,

    /// <summary>It answers 503 at once.</summary>
    Unavailable,

    /// <summary>It takes the request and never answers.</summary>
    Hang,

    /// <summary>It answers 500 in a millisecond.</summary>
    Error,

    /// <summary>It needs five times as long: 50 ms.</summary>
    Busy,

    /// <summary>It needs ten times as long.</summary>
    Slow,

    /// <summary>It answers 30 % of the requests with 503.</summary>
    Flaky,
}
