namespace MeshLib;

/// <summary>What forbade another attempt after a retryable failure.</summary>
internal enum RetryRefusal
{
    None,
    AttemptsSpent,
    NotRepeatable,
    BodyNotReplayable,
    ForbiddenByServer,
    NoTimeLeft,
    BudgetSpent,
    NoOtherEndpoint,
}

internal static class RetryRefusals
{
    public static string Tag(this RetryRefusal refusal) => refusal switch
    {
        RetryRefusal.AttemptsSpent => "attempts_spent",
        RetryRefusal.NotRepeatable => "not_repeatable",
        RetryRefusal.BodyNotReplayable => "body_not_replayable",
        RetryRefusal.ForbiddenByServer => "forbidden_by_server",
        RetryRefusal.NoTimeLeft => "no_time_left",
        RetryRefusal.BudgetSpent => "budget_spent",
        RetryRefusal.NoOtherEndpoint => "no_other_endpoint",
        _ => "none",
    };
}
