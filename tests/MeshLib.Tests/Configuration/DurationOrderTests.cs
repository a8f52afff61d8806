using CsCheck;

namespace MeshLib.Tests;

public class DurationOrderTests
{
    [Theory]
    [InlineData("00:00:30", "00:00:03", "00:00:01.5")]
    [InlineData("00:00:02", "00:00:02", "00:00:01")]
    [InlineData("00:00:00.001", "00:00:00.001", "00:00:00.001")]
    [InlineData("24.00:00:00", "00:00:03", "00:00:01.5")]
    public void AttemptTimeout_LeftAlone_FollowsAShorterTimeout(string timeout, string attempt, string connect)
    {
        using var policies = new Policies().With(("Mesh:Defaults:Timeout", timeout));

        Assert.Equal((TimeSpan.Parse(attempt, null), TimeSpan.Parse(connect, null)), (policies.Orders.AttemptTimeout, policies.Orders.ConnectTimeout));
    }

    [Theory]
    [InlineData("00:00:01", "00:00:00.5")]
    [InlineData("00:00:04", "00:00:02")]
    [InlineData("00:00:30", "00:00:02")]
    public void ConnectTimeout_LeftAlone_IsHalfOfAnAttemptAtMostTwoSeconds(string attempt, string connect)
    {
        using var policies = new Policies().With(("Mesh:Services:orders:AttemptTimeout", attempt));

        Assert.Equal(TimeSpan.Parse(connect, null), policies.Orders.ConnectTimeout);
        Assert.Equal("follows AttemptTimeout (Mesh:Services:orders:AttemptTimeout)", policies.Orders.Origins["ConnectTimeout"]);
    }

    [Theory]
    [InlineData("Retry:MaxBackoff", "00:00:00.010", "Retry:Backoff")]
    [InlineData("CircuitBreaker:MaxBreakDuration", "00:00:00.500", "CircuitBreaker:BreakDuration")]
    [InlineData("OutlierDetection:MaxEjectionTime", "00:00:20", "OutlierDetection:EjectionTime")]
    public void LesserDuration_LeftAlone_FollowsTheGreater(string greater, string value, string lesser)
    {
        using var policies = new Policies().With(($"Mesh:Defaults:{greater}", value));

        Assert.Equal(TimeSpan.Parse(value, null), PolicyTable.Get<TimeSpan>(lesser).Get(policies.Orders));
    }

    [Theory]
    [InlineData("AttemptTimeout", "00:00:31", "AttemptTimeout = 00:00:31 (Mesh:Defaults:AttemptTimeout) must be at most Timeout = 00:00:30 (built-in).")]
    [InlineData("ConnectTimeout", "00:00:03", "ConnectTimeout = 00:00:03 (Mesh:Defaults:ConnectTimeout) must be less than AttemptTimeout = 00:00:03 (built-in).")]
    [InlineData("Retry:Backoff", "00:00:01", "Retry:Backoff = 00:00:01 (Mesh:Defaults:Retry:Backoff) must be at most Retry:MaxBackoff = 00:00:00.25 (built-in).")]
    [InlineData("CircuitBreaker:BreakDuration", "00:02:00", "CircuitBreaker:BreakDuration = 00:02:00 (Mesh:Defaults:CircuitBreaker:BreakDuration) must be at most CircuitBreaker:MaxBreakDuration = 00:01:00 (built-in).")]
    public void LesserDuration_WhenItIsSetAboveTheGreater_Fails(string path, string value, string expected)
    {
        using var policies = new Policies().With(($"Mesh:Defaults:{path}", value), ("Mesh:Services:orders:External", "false"));

        Assert.Equal([expected], policies.Mistakes());
    }

    [Fact]
    public void Clash_OfTwoLayers_NamesBoth()
    {
        using var policies = new Policies().With(("Mesh:Services:orders:AttemptTimeout", "00:00:05")).WithClient("web", "orders", static policy => policy.Timeout = TimeSpan.FromSeconds(2));

        Assert.Equal(["AttemptTimeout = 00:00:05 (Mesh:Services:orders:AttemptTimeout) must be at most Timeout = 00:00:02 (code: client web)."], policies.Mistakes());
    }

    [Fact]
    public void Clash_OfAClientWithAServiceItIsNotKnownToCall_IsBentIntoOrder()
    {
        using var policies = new Policies().With(("Mesh:Services:orders:AttemptTimeout", "00:00:05"), ("Mesh:Clients:web:Timeout", "00:00:02"));

        var policy = policies.Current.ForClient("orders", "web");

        Assert.Equal(TimeSpan.FromSeconds(2), policy.AttemptTimeout);
        Assert.Equal("follows Timeout (Mesh:Clients:web:Timeout)", policy.Origins["AttemptTimeout"]);
    }

    [Fact]
    public void Merge_OfAnythingThatIsAllowed_IsInOrderAndFitsTimers() =>
        Gen.Select(PolicyGen.Layer, PolicyGen.Layer).Sample(static (low, high) =>
        {
            var policy = PolicyLayers.Merge([new(PolicyLevel.Defaults, "", low, "low"), new(PolicyLevel.Client, "", high, "high")]);

            Assert.True(policy.AttemptTimeout <= policy.Timeout);
            Assert.True(policy.ConnectTimeout < policy.AttemptTimeout || policy.ConnectTimeout == DurationValue.Shortest);
            Assert.True(policy.Retry.Backoff <= policy.Retry.MaxBackoff);
            Assert.True(policy.CircuitBreaker.BreakDuration <= policy.CircuitBreaker.MaxBreakDuration);
            foreach (var option in PolicyTable.Options.OfType<PolicyOption<TimeSpan>>())
            {
                using var source = new CancellationTokenSource(option.Get(policy), TimeProvider.System);
                using var handler = new SocketsHttpHandler { ConnectTimeout = policy.ConnectTimeout };
            }
        });

    [Fact]
    public void Bounds_OfEveryDuration_FitTimersToTheTick()
    {
        foreach (var bounds in PolicyTable.Options.OfType<PolicyOption<TimeSpan>>().Select(static option => (DurationValue)option.Value))
        {
            Assert.True(bounds.Allows(bounds.Least) && bounds.Allows(bounds.Most));
            Assert.False(bounds.Allows(bounds.Least - TimeSpan.FromTicks(1)) || bounds.Allows(bounds.Most + TimeSpan.FromTicks(1)));
            Assert.True(bounds.Most.TotalMilliseconds < int.MaxValue);
            Assert.False(bounds.Allows(TimeSpan.MinValue) || bounds.Allows(TimeSpan.MaxValue));
        }
    }
}
