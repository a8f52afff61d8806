using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Retries;

public class RetryBudgetTests
{
    private static readonly RetryBudgetSettings s_settings = new();
    private readonly FakeTimeProvider _time = new();

    // Finagle's RetryBudgetTest, without a floor or a burst (algorithms 4.10).
    [Theory]
    [InlineData(0.1)]
    [InlineData(0.25)]
    [InlineData(0.3)]
    [InlineData(0.5)]
    [InlineData(0.75)]
    [InlineData(0.99)]
    [InlineData(0.999)]
    [InlineData(0.9999)]
    [InlineData(0.01)]
    [InlineData(0.001)]
    [InlineData(0.0001)]
    public void Retries_OfTenThousandFailingRequests_AreTheRatio(double ratio)
    {
        var budget = Create(new RetryBudgetSettings { Ratio = ratio, MinPerSecond = 0, Burst = 0, Window = TimeSpan.FromSeconds(60) });
        var retries = 0;
        for (var i = 0; i < 10_000; i++)
        {
            budget.Deposit();
            if (budget.TryWithdraw())
            {
                retries++;
            }
            else
            {
                Assert.Equal(0, budget.Balance);
            }
        }

        Assert.InRange(retries, Math.Floor(ratio * 10_000) - 1, Math.Ceiling(ratio * 10_000) + 1);
    }

    [Fact]
    public void Balance_WithARatioOfTwo_IsTwicePerRequest()
    {
        var budget = Create(new RetryBudgetSettings { Ratio = 2, MinPerSecond = 0, Burst = 0 });
        for (var i = 0; i < 10_000; i++)
        {
            budget.Deposit();
        }

        Assert.Equal(20_000, budget.Balance);
    }

    [Fact]
    public void Balance_AtTheStart_IsTheBurst()
    {
        var budget = Create(s_settings);

        Assert.Equal(5, budget.Balance);
        Assert.Equal(5, Drain(budget));
        Assert.False(budget.TryWithdraw());
    }

    [Fact]
    public void TheFloor_AfterTheBurst_YieldsOneRetryEachTenSeconds_AndSavesNoMoreThanTheBurst()
    {
        var budget = Create(s_settings);
        Drain(budget);

        _time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.Equal(0, Drain(budget));
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(1, Drain(budget));
        _time.Advance(TimeSpan.FromHours(10));
        Assert.Equal(5, Drain(budget));
    }

    [Fact]
    public void Deposits_AfterTheWindow_HaveLapsed()
    {
        var budget = Create(s_settings with { MinPerSecond = 0, Burst = 0 });
        Requests(budget, 100);

        _time.Advance(TimeSpan.FromSeconds(8.9));
        Assert.Equal(10, budget.Balance);
        _time.Advance(TimeSpan.FromSeconds(1.1));
        Assert.Equal(0, budget.Balance);
        Assert.False(budget.TryWithdraw());
    }

    [Fact]
    public void Deposits_OfALongHealthyTime_LeaveNoMoreThanAWindowsWorth()
    {
        var budget = Create(s_settings);
        for (var second = 0; second < 3_600; second++)
        {
            Requests(budget, 100);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(Drain(budget), 90, 105);
    }

    [Fact]
    public void Withdrawals_SpendTheOldestCreditFirst()
    {
        var budget = Create(s_settings with { MinPerSecond = 0, Burst = 0 });
        Requests(budget, 50);
        _time.Advance(TimeSpan.FromSeconds(5));
        Requests(budget, 50);
        for (var i = 0; i < 5; i++)
        {
            Assert.True(budget.TryWithdraw());
        }

        _time.Advance(TimeSpan.FromSeconds(4.5));
        Assert.Equal(5, budget.Balance);
    }

    [Fact]
    public void ANewRatio_CountsFromTheNextRequestOn()
    {
        var budget = Create(s_settings with { MinPerSecond = 0, Burst = 0 });
        Requests(budget, 100);
        budget.Apply(s_settings with { MinPerSecond = 0, Burst = 0, Ratio = 0.5 });
        Requests(budget, 100);

        Assert.Equal(60, budget.Balance);
    }

    [Fact]
    public void ANewBurst_IsALimitAndNotAGift()
    {
        var budget = Create(s_settings with { MinPerSecond = 0 });
        budget.Apply(s_settings with { MinPerSecond = 0, Burst = 100 });
        Assert.Equal(5, budget.Balance);

        budget.Apply(s_settings with { MinPerSecond = 0, Burst = 2 });
        Assert.Equal(2, Drain(budget));
    }

    // Scenario O08: 10 000 calls that all fail, then 10 000 that all succeed.
    [Fact]
    public void Retries_InAnOutage_AreTenPercentAndTheFloor()
    {
        var budget = Create(s_settings);
        var retries = 0;
        for (var i = 0; i < 10_000; i++)
        {
            budget.Deposit();
            for (var attempt = 2; attempt <= 3 && budget.TryWithdraw(); attempt++)
            {
                retries++;
            }

            _time.Advance(TimeSpan.FromMilliseconds(10));
        }

        Assert.InRange(retries, 990, 1_010 + 5 + 10);
        Requests(budget, 10_000);
        Assert.InRange(budget.Balance, 1_000, 1_006);
    }

    [Fact]
    public void Retries_InAnyOrderOfEvents_StayWithinTheLaw() =>
        Gen.Select(Gen.Double[0, 2], Gen.Double[0, 5], Gen.Int[0, 20], Gen.Int[0, 3].Array[0, 400], Gen.Int[0, 5_000].Array[400]).Sample((ratio, floor, burst, events, pauses) =>
        {
            var time = new FakeTimeProvider();
            var budget = new RetryBudget(new RetryBudgetSettings { Ratio = ratio, MinPerSecond = floor, Burst = burst }, new MonotonicClock(time));
            var (requests, retries, seconds) = (0, 0, 0.0);
            for (var i = 0; i < events.Length; i++)
            {
                switch (events[i])
                {
                    case 0:
                        time.Advance(TimeSpan.FromMilliseconds(pauses[i]));
                        seconds += pauses[i] / 1000.0;
                        break;
                    case 1:
                        budget.Deposit();
                        requests++;
                        break;
                    default:
                        var promised = budget.Balance >= 1;
                        var kept = budget.TryWithdraw();
                        retries += kept ? 1 : 0;
                        if (promised != kept)
                        {
                            return false;
                        }

                        break;
                }

                if (budget.Balance < 0 || retries > (ratio * requests) + (floor * seconds) + burst + 0.001)
                {
                    return false;
                }
            }

            return true;
        });

    [Fact]
    public async Task Retries_OfManyThreads_StayWithinTheLaw()
    {
        const int Threads = 8;
        const int Requests = 20_000;
        var budget = Create(s_settings);
        var (retries, negative) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < Requests; i++)
            {
                // All threads move time, so slices turn while others deposit and withdraw.
                _time.Advance(TimeSpan.FromTicks(2_000));
                budget.Deposit();
                if (budget.TryWithdraw())
                {
                    Interlocked.Increment(ref retries);
                }

                if (budget.Balance < 0)
                {
                    Interlocked.Increment(ref negative);
                }
            }
        })));

        var seconds = Threads * Requests * 0.0002;
        Assert.Equal(0, negative);
        Assert.True(retries <= (0.1 * Threads * Requests) + (0.1 * seconds) + 5, $"{retries} retries in {seconds} s");
    }

    private static void Requests(RetryBudget budget, int count)
    {
        for (var i = 0; i < count; i++)
        {
            budget.Deposit();
        }
    }

    private static int Drain(RetryBudget budget)
    {
        var taken = 0;
        while (budget.TryWithdraw())
        {
            taken++;
        }

        return taken;
    }

    private RetryBudget Create(RetryBudgetSettings settings) => new(settings, new MonotonicClock(_time));
}
