using MeshLib.Testing.Simulation;
using static MeshLib.Testing.Tests.Simulation.Scenarios;

namespace MeshLib.Testing.Tests.Simulation;

/// <summary>The server model against queueing theory, and each fault against its definition.</summary>
public class ServerModelTests
{
    private static readonly SimulatedClient OneServer = SimulatedClient.Balancer("RoundRobin");

    [Theory]
    [InlineData(1, 0.5)]
    [InlineData(1, 0.8)]
    [InlineData(4, 0.8)]
    [InlineData(16, 0.9)]
    public void Queue_WithPoissonArrivalsAndExponentialWork_WaitsAsErlangSays(int workers, double load)
    {
        var scenario = Loaded([new SimulatedServer { Workers = workers }], load, seconds: 4000.0 / workers) with { RoundTrip = TimeSpan.Zero, GiveUpAfter = null };
        var mean = MeanLatency(Simulator.Run(scenario, OneServer, seed: 1));

        Assert.Equal(0.01 + MeanWait(workers, load), mean, (0.01 + MeanWait(workers, load)) * 0.05);
    }

    [Fact]
    public void Speed_DividesTheWork()
    {
        var result = Simulator.Run(Loaded([new SimulatedServer { Speed = 2 }], 0.01, 60, work: ServiceTime.Constant(TimeSpan.FromMilliseconds(10))), OneServer, 1);

        Assert.Equal(5.5, result.P50.TotalMilliseconds, 0.02);
    }

    [Fact]
    public void Slow_AppliesToWorkInProgress()
    {
        // 2 s of work, of which one is done when the speed halves.
        var profile = new SpeedProfile(new SimulatedServer { Faults = [ServerFault.Slow(Seconds(1), Seconds(9), 0.5)] }, Seconds(10), new Random(1));
        var start = VirtualTime.TimestampOf(TimeSpan.Zero);

        Assert.Equal(VirtualTime.TimestampOf(Seconds(3)), profile.Finish(start, start, 2));
    }

    [Fact]
    public void Hanging_HoldsWorkUntilItEnds()
    {
        var server = Model(ServerFault.Hanging(Seconds(1), Seconds(5)));

        Assert.Equal(VirtualTime.TimestampOf(Seconds(6)), server.Accept(VirtualTime.TimestampOf(Seconds(0)), 2).At);
        Assert.Equal(VirtualTime.TimestampOf(Seconds(5.5)), server.Accept(VirtualTime.TimestampOf(Seconds(2)), 0.5).At);
    }

    [Fact]
    public void Down_ResetsWhatItHasAndRefusesWhatComes_AndIsFreeAfterwards()
    {
        var server = Model(ServerFault.Down(Seconds(1), Seconds(5)));

        Assert.Equal(new ServerAnswer(ServerFate.Reset, VirtualTime.TimestampOf(Seconds(1))), server.Accept(VirtualTime.TimestampOf(Seconds(0)), 2));
        Assert.Equal(new ServerAnswer(ServerFate.Refused, VirtualTime.TimestampOf(Seconds(2))), server.Accept(VirtualTime.TimestampOf(Seconds(2)), 2));
        Assert.Equal(new ServerAnswer(ServerFate.Answered, VirtualTime.TimestampOf(Seconds(8))), server.Accept(VirtualTime.TimestampOf(Seconds(6)), 2));
    }

    [Fact]
    public void Down_ResetsWhatIsDelayed()
    {
        var server = Model(ServerFault.Delayed(Seconds(0), Seconds(9), Seconds(2)), ServerFault.Down(Seconds(5), Seconds(8)));

        Assert.Equal(new ServerAnswer(ServerFate.Answered, VirtualTime.TimestampOf(Seconds(4))), server.Accept(VirtualTime.TimestampOf(Seconds(2)), 1));
        Assert.Equal((1, long.MaxValue), server.Expect(VirtualTime.TimestampOf(Seconds(4)), 1));
        Assert.Equal(new ServerAnswer(ServerFate.Reset, VirtualTime.TimestampOf(Seconds(5))), server.Accept(VirtualTime.TimestampOf(Seconds(4)), 1));
    }

    [Fact]
    public void Expect_OfAServerThatFailsInPart_IsItsShareAndItsEnd()
    {
        var now = VirtualTime.TimestampOf(Seconds(1));
        var (failing, end) = Model(ServerFault.Failing(Seconds(0), Seconds(9), share: 0.5), ServerFault.Failing(Seconds(0), Seconds(9), share: 0.2)).Expect(now, 2);

        Assert.Equal(0.6, failing, 1e-12);
        Assert.Equal(VirtualTime.TimestampOf(Seconds(3)), end);
    }

    [Fact]
    public void Oracle_WhenAllFailInPart_TakesTheOneThatFailsLeast()
    {
        var scenario = Loaded([Failing(0.5), Failing(0.1), Failing(1)], 0.2, 20);

        var result = Simulator.Run(scenario, SimulatedClient.Oracle, seed: 1);

        Assert.Equal([0, 1, 0], result.Shares);
        Assert.Equal(0.9, result.Success, 0.03);

        static SimulatedServer Failing(double share) => new() { Faults = [ServerFault.Failing(TimeSpan.Zero, TimeSpan.MaxValue, share: share)] };
    }

    [Fact]
    public void Failing_AnswersItsShareAtOnce()
    {
        var server = Model(ServerFault.Failing(TimeSpan.Zero, Seconds(1000), 500, share: 0.3));
        var answers = Enumerable.Range(0, 10_000).Select(i => server.Accept(VirtualTime.TimestampOf(Seconds(i / 100.0)), 0.001)).ToArray();

        Assert.Equal(0.3, answers.Count(static answer => answer.Status == 500) / 10_000.0, 0.02);
    }

    [Fact]
    public void Delayed_ForAPart_LeavesTheOthersAlone_AndTheOracleKnowsTheMean()
    {
        var server = Model(ServerFault.Delayed(TimeSpan.Zero, Seconds(1000), Seconds(2), share: 0.05));
        var start = VirtualTime.TimestampOf(Seconds(1));
        var (failing, end) = server.Expect(start, 0.01);

        Assert.Equal(0, failing);
        Assert.Equal((0.05 * 2) + (0.95 * 0.01), (end - start) / (double)TimeSpan.TicksPerSecond, 0.001);

        var took = Enumerable.Range(100, 10_000).Select(i => VirtualTime.TimestampOf(Seconds(i / 100.0))).Select(at => server.Accept(at, 0.001).At - at).ToArray();
        Assert.All(took, static ticks => Assert.Contains(ticks, (long[])[TimeSpan.TicksPerMillisecond, 2 * TimeSpan.TicksPerSecond]));
        Assert.Equal(0.05, took.Count(static ticks => ticks > TimeSpan.TicksPerSecond) / 10_000.0, 0.01);
    }

    [Fact]
    public void WarmingUp_GrowsToFullSpeed()
    {
        var profile = new SpeedProfile(new SimulatedServer { Faults = [ServerFault.WarmingUp(Seconds(0), Seconds(10), 0.1)] }, Seconds(20), new Random(1));
        var (early, middle, late) = (VirtualTime.TimestampOf(Seconds(0)), VirtualTime.TimestampOf(Seconds(5)), VirtualTime.TimestampOf(Seconds(10)));

        Assert.Equal(0.01, Took(profile, early, 0.001), 1e-4);
        Assert.Equal(0.001 / 0.55, Took(profile, middle, 0.001), 1e-4);
        Assert.Equal(0.001, Took(profile, late, 0.001), 1e-6);

        static double Took(SpeedProfile profile, long at, double work) => (profile.Finish(at, at, work) - at) / (double)TimeSpan.TicksPerSecond;
    }

    [Theory]
    [InlineData(ServiceTimeShape.Constant)]
    [InlineData(ServiceTimeShape.Exponential)]
    [InlineData(ServiceTimeShape.FoldedNormal)]
    [InlineData(ServiceTimeShape.LogNormal)]
    public void ServiceTime_OnAverage_IsItsMean(ServiceTimeShape shape)
    {
        var time = new ServiceTime(shape, TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(20));
        var random = new SimulationSeed(1).Stream("work");

        Assert.Equal(time.MeanSeconds, Enumerable.Range(0, 400_000).Average(_ => time.Next(random)), time.MeanSeconds * 0.01);
    }

    [Fact]
    public void Check_WaitsForNoWorker_AndIsNoRequest()
    {
        var server = Model();
        for (var request = 0; request < 8; request++)
        {
            server.Accept(VirtualTime.TimestampOf(Seconds(1)), 5);
        }

        Assert.InRange(server.Check(VirtualTime.TimestampOf(Seconds(2))).At, VirtualTime.TimestampOf(Seconds(2)), VirtualTime.TimestampOf(Seconds(2.001)));
        Assert.Equal(8, server.Requests);
        Assert.Equal(VirtualTime.TimestampOf(Seconds(16)), server.Accept(VirtualTime.TimestampOf(Seconds(2)), 5).At);
    }

    [Fact]
    public void Check_OfAServerThatStandsStill_IsAnsweredWhenItGoesOn()
    {
        var server = Model(ServerFault.Hanging(Seconds(1), Seconds(5)));

        Assert.InRange(server.Check(VirtualTime.TimestampOf(Seconds(2))).At, VirtualTime.TimestampOf(Seconds(5)), VirtualTime.TimestampOf(Seconds(5.001)));
    }

    [Fact]
    public void Check_WhetherOneIsMade_ChangesNothingForRequests()
    {
        var (checkedOn, left) = (Model(ServerFault.Failing(Seconds(0), Seconds(60), share: 0.5)), Model(ServerFault.Failing(Seconds(0), Seconds(60), share: 0.5)));
        for (var i = 1; i < 50; i++)
        {
            checkedOn.Check(VirtualTime.TimestampOf(Seconds(i)));

            Assert.Equal(left.Accept(VirtualTime.TimestampOf(Seconds(i)), 0.01), checkedOn.Accept(VirtualTime.TimestampOf(Seconds(i)), 0.01));
        }
    }

    private static ServerModel Model(params ServerFault[] faults) => new(new SimulatedServer { Faults = faults }, Seconds(60), new Random(1), new Random(2));

    // The average over all quantiles is the mean.
    private static double MeanLatency(SimulationResult result) => Enumerable.Range(0, 2000).Average(i => result.Latency((i + 0.5) / 2000).TotalSeconds);

    /// <summary>Erlang C: the probability to wait, times the mean wait of those who do.</summary>
    private static double MeanWait(int workers, double load)
    {
        var offered = workers * load;
        var blocking = 1.0;
        for (var i = 1; i <= workers; i++)
        {
            blocking = offered * blocking / (i + (offered * blocking));
        }

        var waiting = blocking / (1 - (load * (1 - blocking)));
        return waiting * 0.01 / (workers * (1 - load));
    }
}
