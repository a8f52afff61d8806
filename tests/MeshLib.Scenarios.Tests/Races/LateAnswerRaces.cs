using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Scenarios.Tests.Races;

/// <summary>Answers that come at the very moment at which their time is up.</summary>
public class LateAnswerRaces
{
    private static readonly TimeSpan s_attemptTimeout = TimeSpan.FromMilliseconds(500);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task R06_WhenAnAnswerArrivesAsItsAttemptTimesOut_TheCallEndsWellAndNothingLeaks(bool streamed) => Rounds.RunAsync(scaled: 4, async () =>
    {
        var clock = new OddClock();
        using var transport = new ScriptedTransport();
        await using var run = new ScenarioRun([new Uri("http://127.0.0.1:1"), new Uri("http://127.0.0.1:2")], new ScenarioSettings
        {
            AttemptTimeout = s_attemptTimeout,
            Services = services => services.AddSingleton<TimeProvider>(clock),
            Client = client => client.UseTransport(transport),
        });

        var call = run.GetAsync();
        var first = await transport.NextAsync();
        first.Hang(ignoringCancellation: true);
        await clock.AdvanceUntilAsync(() => first.CancellationToken.IsCancellationRequested, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
        var late = ScriptedBody.Of("late");
        first.Respond(200, streamed ? late.WithoutLength() : late);
        transport.AnswerWith(200, "ok");

        var result = await clock.AdvanceUntilEndedAsync(call, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(2));
        Assert.True(result.Succeeded, $"{result}{System.Environment.NewLine}{result.Error}");
        await run.AssertCallsAsync([]);
    });
}
