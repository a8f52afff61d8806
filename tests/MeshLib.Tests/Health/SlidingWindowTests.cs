using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Health;

public class SlidingWindowTests
{
    private readonly SlidingWindow _window = new(TimeSpan.FromSeconds(10), new MonotonicClock(new FakeTimeProvider()));

    [Fact]
    public void Count_WithinTheWindow_IsExact()
    {
        for (var i = 0; i < 5; i++)
        {
            _window.Add(failed: i % 2 == 0, At(100 + i));
        }

        Assert.Equal((5, 3), _window.Count(At(104)));
    }

    [Fact]
    public void Count_AfterTheWindow_IsEmpty()
    {
        _window.Add(failed: true, At(100));

        Assert.Equal((1, 1), _window.Count(At(108.9)));
        Assert.Equal((0, 0), _window.Count(At(110)));
    }

    [Fact]
    public void Add_ByAThreadABitBehind_IsNeitherLostNorCountedTwice()
    {
        _window.Add(failed: false, At(101));
        _window.Add(failed: true, At(100.9));

        Assert.Equal((2, 1), _window.Count(At(101)));
        Assert.Equal((2, 1), _window.Count(At(100.9)));
    }

    [Fact]
    public void Add_AfterAVeryLongIdleTime_CountsAnew()
    {
        _window.Add(failed: true, At(1));
        foreach (var at in new[] { 600_000.0, 900_000, 50_000_003 })
        {
            Assert.Equal((0, 0), _window.Count(At(at)));
            _window.Add(failed: false, At(at));
            Assert.Equal((1, 0), _window.Count(At(at)));
        }
    }

    [Fact]
    public void Count_ForAnyHistory_IsThatOfTheLastTenBuckets() => Gen.Select(Gen.Bool, Gen.Double[0, 3]).List[0, 100].Sample(history =>
    {
        var window = new SlidingWindow(TimeSpan.FromSeconds(10), new MonotonicClock(new FakeTimeProvider()));
        var now = 50.0;
        var all = new List<(bool Failed, int Second)>();
        foreach (var (failed, pause) in history)
        {
            now += pause;
            window.Add(failed, At(now));
            all.Add((failed, (int)now));
        }

        var inside = all.Where(o => o.Second > (int)now - 10).ToList();
        return window.Count(At(now)) == (inside.Count, inside.Count(o => o.Failed));
    });

    [Fact]
    public async Task Count_AfterManyThreads_LosesNothing()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                _window.Add(failed: thread % 2 == 0, At(100 + (i / 2_000.0)));
            }
        })));

        Assert.Equal((80_000, 40_000), _window.Count(At(105)));
    }

    private static long At(double seconds) => (long)(seconds * TimeSpan.TicksPerSecond);
}
