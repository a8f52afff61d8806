using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics;

namespace MeshLib.Scenarios.Tests.Kit;

public class RecorderTests
{
    [Fact]
    public async Task MeterRecorder_WhenTwoHostsUseTheSameName_HearsItsOwnOnly()
    {
        await using var mine = new ServiceCollection().AddMetrics().BuildServiceProvider();
        await using var theirs = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var recorder = new MeterRecorder(mine.GetRequiredService<IMeterFactory>(), "Kit");

        foreach (var host in new[] { mine, theirs })
        {
            var meter = host.GetRequiredService<IMeterFactory>().Create("Kit");
            meter.CreateCounter<long>("calls").Add(3, new KeyValuePair<string, object?>("service", "orders"));
            meter.CreateObservableGauge("level", () => 7);
        }

        Assert.Equal(3, recorder.Sum("calls", ("service", "orders")));
        Assert.Equal(0, recorder.Sum("calls", ("service", "stock")));
        Assert.Equal(7, Assert.Single(recorder.Observe("level")).Value);
    }

    [Fact]
    public async Task ActivityRecorder_WhenOtherTestsTraceToo_KeepsItsOwnTrace()
    {
        using var source = new ActivitySource("Kit.Activities");
        using var recorder = new ActivityRecorder("Kit.Activities");

        source.StartActivity("mine")?.Stop();
        await Task.Run(() =>
        {
            Activity.Current = null;
            source.StartActivity("somebody else's")?.Stop();
        });

        Assert.Equal("mine", Assert.Single(recorder.Stopped).OperationName);
    }

    [Fact]
    public void OddClock_WhenTimePasses_CountsSevenTimestampsPerTick()
    {
        var clock = new OddClock();
        var before = clock.GetTimestamp();

        clock.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(TimeSpan.FromSeconds(3), clock.GetElapsedTime(before));
        Assert.Equal(TimeSpan.FromSeconds(3).Ticks * 7, clock.GetTimestamp() - before);
    }

    [Fact]
    public async Task AdvanceUntil_WhenATimerStartsLate_StillReachesIt()
    {
        var clock = new OddClock();
        var chain = Task.Run(async () =>
        {
            await Task.Delay(TimeSpan.FromSeconds(1), clock);
            await Task.Delay(TimeSpan.FromSeconds(1), clock);
            return "done";
        });

        Assert.Equal("done", await clock.AdvanceUntilEndedAsync(chain, TimeSpan.FromMilliseconds(500), TimeSpan.FromMinutes(1)).WithinHangLimit());
    }

    [Fact]
    public async Task Eventually_WhenInVain_SaysWhatItWaitedFor()
    {
        var exception = await Assert.ThrowsAsync<TimeoutException>(
            () => Eventually.BecomesTrueAsync(() => false, TimeSpan.FromMilliseconds(20), "pigs fly"));

        Assert.Contains("pigs fly", exception.Message, StringComparison.Ordinal);
    }
}
