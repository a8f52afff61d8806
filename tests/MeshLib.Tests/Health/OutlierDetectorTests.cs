using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Health;

/// <summary>Envoy's and gRFC A50's figures, and what must hold for any.</summary>
public class OutlierDetectorTests
{
    private static readonly OutlierDetectionSettings s_defaults = new();
    private static readonly MonotonicClock s_clock = new(new FakeTimeProvider());

    private readonly OutlierDetector _detector = new(s_clock);

    [Fact]
    public void OneAtHalf_AmongFourPerfectOnes_IsBelowMeanMinusDeviations()
    {
        var peers = Peers((50, 50), (100, 0), (100, 0), (100, 0), (100, 0));

        var outlier = Assert.Single(Judge(peers, at: 10));

        // Mean 90 %, σ 20 %: 52 % is the threshold.
        Assert.Equal((0, EjectionReason.SuccessRate), (outlier.Index, outlier.Reason));
        Assert.Equal(0.9, outlier.Mean, 12);
        Assert.Empty(Judge(Peers((50, 50), (100, 0), (100, 0), (100, 0), (100, 0)), at: 10, s_defaults with { StandardDeviations = 2.01 }));
        Assert.Empty(Judge(Peers((53, 47), (100, 0), (100, 0), (100, 0), (100, 0)), at: 10, s_defaults with { SuccessFloor = 0.5 }));
    }

    [Fact]
    public void OneThatFailsHalf_IsEjectedAtTheEndOfTheInterval_AndBackAfterThirtySeconds()
    {
        var peers = Peers((200, 0), (200, 0), (200, 0), (200, 0), (200, 200));

        Assert.Equal(4, Assert.Single(Judge(peers, at: 10)).Index);

        Assert.True(peers[4].IsEjected);
        Assert.True(peers[4].EjectedUntil > At(19.999));
        Assert.True(peers[4].EjectedUntil <= At(50.001));
        peers[4].Readmit();
        Count(peers[4], 25, 25);
        Assert.Empty(Judge(peers, at: 60));
    }

    [Fact]
    public void FailureRatio_EjectsFromItsThresholdOn()
    {
        var settings = s_defaults with { MinimumThroughput = 50, StandardDeviations = 100, MaxEjectedRatio = 1 };
        var peers = Peers((50, 0), (50, 0), (50, 0), (50, 250), (50, 300));

        var outlier = Assert.Single(Judge(peers, at: 10, settings));

        Assert.Equal((4, EjectionReason.FailureRatio), (outlier.Index, outlier.Reason));
        Assert.InRange(peers[4].EjectedUntil, At(40), At(50.001));
        Assert.Equal(4, Assert.Single(Judge(Peers((100, 0), (100, 0), (100, 0), (100, 0), (15, 85)), at: 10, settings)).Index);
    }

    [Fact]
    public void ThreeBackends_OneFailing_LeavesAndReturns()
    {
        var settings = s_defaults with { MinimumEndpoints = 3, MinimumThroughput = 5, FailureRatio = 0.5, StandardDeviations = 100, MaxEjectedRatio = 0.33, EjectionTime = TimeSpan.FromSeconds(1) };
        var peers = Peers((5, 0), (5, 0), (0, 5));

        Assert.Equal(2, Assert.Single(Judge(peers, at: 10, settings)).Index);

        Assert.Equal(At(11), peers[2].EjectedUntil);
        peers[2].Readmit();
        Count(peers[0], 5, 0);
        Count(peers[1], 5, 0);
        Count(peers[2], 5, 0);
        Assert.Empty(Judge(peers, at: 20, settings));
    }

    [Theory]
    [InlineData(30, 300, 3, 90)]
    [InlineData(30, 300, 20, 300)]
    [InlineData(400, 300, 1, 400)]
    [InlineData(400, 300, 5, 400)]
    public void Ejections_GrowByTheirBase_UpToTheLongest(int baseSeconds, int longestSeconds, int times, int expected)
    {
        var settings = s_defaults with { EjectionTime = TimeSpan.FromSeconds(baseSeconds), MaxEjectionTime = TimeSpan.FromSeconds(longestSeconds) };
        var peers = Peers((0, 0), (0, 0), (0, 0), (0, 0), (0, 0));
        var last = TimeSpan.Zero;
        for (var time = 1; time <= times; time++)
        {
            peers[0].Readmit();
            Count(peers[0], 0, 100);
            foreach (var well in peers[1..])
            {
                Count(well, 100, 0);
            }

            last = Assert.Single(Judge(peers, at: 10 * time, settings)).For;
        }

        Assert.Equal(expected, last.TotalSeconds);
    }

    [Fact]
    public void OfTwoOutliers_WhenOnlyOneMayBeEjected_TheWorseOneIs()
    {
        (int, int)[] fleet = [(100, 0), (40, 60), (100, 0), (30, 70), .. Enumerable.Repeat((100, 0), 10)];

        Assert.Equal(3, Assert.Single(Judge(Peers(fleet), at: 10)).Index);
        Assert.Equal([3, 1], Judge(Peers(fleet), at: 10, s_defaults with { MaxEjectedRatio = 0.2 }).Select(static outlier => outlier.Index));
    }

    [Fact]
    public void InALargeHealthyFleet_TheFloorKeepsOneThatIsAlmostAsGood()
    {
        (int, int)[] fleet = [.. Enumerable.Repeat((9_999, 1), 60), (9_900, 100)];

        Assert.Empty(Judge(Peers(fleet), at: 10));
        Assert.Equal(60, Assert.Single(Judge(Peers(fleet), at: 10, s_defaults with { SuccessFloor = 1 })).Index);
    }

    [Fact]
    public void IdleAndSeldomCalled_AreNotCompared()
    {
        Assert.Empty(Judge(Peers((0, 99), (100, 0), (100, 0), (100, 0), (100, 0), (100, 0)), at: 10));
        Assert.Empty(Judge(Peers((0, 100), (100, 0), (100, 0), (100, 0), (0, 0)), at: 10));
    }

    [Theory]
    [InlineData(10, 0, 10, 0.1, 1)]
    [InlineData(5, 0, 5, 0.1, 1)]
    [InlineData(5, 1, 4, 0.1, 0)]
    [InlineData(15, 1, 14, 0.1, 0)]
    [InlineData(20, 1, 19, 0.1, 1)]
    [InlineData(4, 0, 4, 1, 3)]
    [InlineData(4, 0, 1, 1, 0)]
    [InlineData(1, 0, 1, 1, 0)]
    [InlineData(10, 0, 10, 0, 0)]
    public void Allowance_IsTheShareOfAll_AtLeastOneAndNeverTheLast(int known, int ejected, int available, double ratio, int expected) =>
        Assert.Equal(expected, OutlierDetector.Allowance(known, ejected, available, s_defaults with { MaxEjectedRatio = ratio }));

    [Fact]
    public void E16_WhatFailsForTenMinutes_IsEjectedLongerEachTime_AndForgottenWhenItHasBeenWell()
    {
        var peers = Peers((0, 0), (0, 0), (0, 0), (0, 0), (0, 0));
        var (sick, returns, last) = (peers[0], 0, TimeSpan.Zero);
        var healed = 600.0;
        var back = double.MaxValue;
        for (var second = 1; second <= 1_800; second++)
        {
            foreach (var peer in peers.Where(static peer => !peer.IsEjected))
            {
                var fails = ReferenceEquals(peer, sick) && second <= healed;
                Count(peer, fails ? 0 : 20, fails ? 20 : 0);
            }

            if (second % 10 == 0)
            {
                // Whoever is ejected has no calls and is not compared.
                foreach (var outlier in Judge([.. peers.Where(static peer => !peer.IsEjected)], at: second))
                {
                    Assert.True(outlier.For > last || outlier.For == s_defaults.MaxEjectionTime);
                    last = outlier.For;
                }
            }

            if (sick.IsEjected && At(second) >= sick.EjectedUntil)
            {
                sick.Readmit();
                returns++;
                back = second >= healed ? Math.Min(back, second) : back;
            }
        }

        Assert.InRange(returns, 4, 25);
        Assert.InRange(back, healed, healed + s_defaults.MaxEjectionTime.TotalSeconds);
        Assert.False(sick.IsEjected);
        Assert.Equal(0, sick.Ejections);
    }

    [Fact]
    public void AnyHistory_NeverEjectsAboveTheCapNorTheLastOne()
    {
        var round = Gen.Select(Gen.Int[0, 300], Gen.Int[0, 300]).Array[1, 40];
        Gen.Select(round, Gen.Int[1, 8], Gen.Double[0, 1], Gen.Double[0, 3], Gen.Double[0, 1]).Sample(
            (outcomes, rounds, ratio, deviations, floor) =>
            {
                var settings = s_defaults with { MaxEjectedRatio = ratio, StandardDeviations = deviations, SuccessFloor = floor, MinimumEndpoints = 1, MinimumThroughput = 1 };
                var peers = Peers([.. outcomes.Select(static _ => (0, 0))]);
                for (var number = 1; number <= rounds; number++)
                {
                    for (var index = 0; index < peers.Length; index++)
                    {
                        var (successes, failures) = outcomes[(index * number) % outcomes.Length];
                        Count(peers[index], successes, failures);
                    }

                    Judge(peers, at: 10 * number, settings);

                    var ejected = peers.Count(static peer => peer.IsEjected);
                    Assert.True(ejected <= (ratio > 0 ? Math.Max(1, Math.Floor(ratio * peers.Length)) : 0), $"{ejected} of {peers.Length} ejected at a ratio of {ratio}");
                    Assert.True(ejected < peers.Length, "the last one is ejected");
                    foreach (var peer in peers.Where(peer => peer.IsEjected && At(10 * number) >= peer.EjectedUntil))
                    {
                        peer.Readmit();
                    }
                }
            },
            iter: 500);
    }

    [Fact]
    public async Task Counting_FromManyThreads_LosesNothing()
    {
        const int Each = 20_000;
        var monitor = new OutlierMonitor();
        var taken = (Total: 0L, Failures: 0L);

        var counting = Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                monitor.Count(failed: thread == 0);
            }
        })));
        while (!counting.IsCompleted)
        {
            Add(monitor.Take());
        }

        await counting;
        Add(monitor.Take());
        Assert.Equal((4L * Each, (long)Each), taken);

        void Add(OutlierSample sample) => taken = (taken.Total + sample.Total, taken.Failures + sample.Failures);
    }

    private static long At(double seconds) => (long)(seconds * s_clock.TimeProvider.TimestampFrequency);

    private static OutlierMonitor[] Peers(params (int Successes, int Failures)[] outcomes) => [.. outcomes.Select(static outcome =>
    {
        var monitor = new OutlierMonitor();
        Count(monitor, outcome.Successes, outcome.Failures);
        return monitor;
    })];

    private static void Count(OutlierMonitor monitor, int successes, int failures)
    {
        for (var i = 0; i < successes + failures; i++)
        {
            monitor.Count(failed: i >= successes);
        }
    }

    // As the set does: those that are ejected are not among those that are compared.
    private IReadOnlyList<Outlier> Judge(OutlierMonitor[] all, double at, OutlierDetectionSettings? settings = null)
    {
        settings ??= s_defaults;
        var available = all.Where(static peer => !peer.IsEjected).ToList();
        var allowance = OutlierDetector.Allowance(all.Length, all.Length - available.Count, available.Count, settings);
        return [.. _detector.Judge(available, allowance, settings, At(at)).Select(outlier => outlier with { Index = Array.IndexOf(all, available[outlier.Index]) })];
    }
}
