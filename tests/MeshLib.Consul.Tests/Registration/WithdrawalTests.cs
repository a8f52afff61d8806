using MeshLib.TestKit;

namespace MeshLib.Consul.Tests;

/// <summary>How an instance leaves Consul.</summary>
[Trait("Scenario", "L02")]
public class WithdrawalTests
{
    private static CancellationToken None => CancellationToken.None;

    [Fact]
    public async Task Withdrawal_SaysNotReadyThenDeregisters()
    {
        using var registration = new VirtualRegistration();
        registration.Start();
        await registration.StopAsync();
        var before = registration.Requests.Count;

        Assert.True(await registration.Loop.WithdrawAsync(None));
        Assert.Equal(
            ["/v1/agent/check/update/orders-1%3Attl", "/v1/agent/service/deregister/orders-1"],
            registration.Requests.Skip(before).Select(static entry => entry.Request.Path));
        Assert.Contains(CheckStatus.Critical, registration.Requests[before].Request.Body, StringComparison.Ordinal);
        Assert.Empty(registration.Agent.Ids);
        Assert.Single(registration.Logs.WithEvent(2110));
    }

    [Fact]
    public async Task Withdrawal_OfWhatWasNeverRegistered_SaysNothing()
    {
        using var registration = new VirtualRegistration();
        Assert.False(await registration.Loop.WithdrawAsync(None));
        Assert.Empty(registration.Requests);
    }

    [Fact]
    public async Task Withdrawal_WhileTheAgentIsDown_EndsAtOnceAndSaysWhatHappensInstead()
    {
        using var registration = new VirtualRegistration();
        registration.Start();
        await registration.StopAsync();
        registration.Agent.Down = true;

        Assert.False(await registration.Loop.WithdrawAsync(None));
        Assert.Single(registration.Logs.WithEvent(2111));
    }

    [Fact]
    public async Task Withdrawal_WhileTheAgentHangs_TriesBothCallsAndEndsAfterTwoSeconds()
    {
        using var registration = new VirtualRegistration();
        registration.Start();
        await registration.StopAsync();
        registration.Handler.Script = static (_, cancellationToken) => ScriptedConsulHandler.HangAsync(cancellationToken);
        var began = registration.Elapsed;
        var before = registration.Handler.Requests.Count;

        var withdrawal = registration.Loop.WithdrawAsync(None);
        registration.Advance(1.95);
        Assert.False(withdrawal.IsCompleted);
        registration.Advance(0.1);
        Assert.False(await withdrawal.WithinHangLimit());
        Assert.InRange(registration.Elapsed - began, 2, 2.1);
        Assert.Equal(["PUT", "PUT"], registration.Handler.Requests.Skip(before).Select(static request => request.Method));
        Assert.EndsWith("deregister/orders-1", registration.Handler.Requests[^1].Path, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Withdrawal_WhoseRegistrationWasCutOff_DeregistersAllTheSame()
    {
        using var registration = new VirtualRegistration();
        registration.Handler.Script = static (_, cancellationToken) => ScriptedConsulHandler.HangAsync(cancellationToken);
        registration.Start();
        await registration.StopAsync();
        registration.Handler.Script = (request, _) => Task.FromResult(registration.Agent.Answer(request));

        Assert.True(await registration.Loop.WithdrawAsync(None));
    }
}
