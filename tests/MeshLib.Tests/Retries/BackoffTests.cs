using CsCheck;
using MeshLib.Tests.Health;

namespace MeshLib.Tests.Retries;

public class BackoffTests
{
    private static readonly TimeSpan s_base = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan s_max = TimeSpan.FromMilliseconds(250);

    // Envoy's bounds (algorithms 4.15).
    [Theory]
    [InlineData(1, 25)]
    [InlineData(2, 75)]
    [InlineData(3, 175)]
    [InlineData(4, 250)]
    [InlineData(5, 250)]
    [InlineData(int.MaxValue, 250)]
    public void Next_FillsItsIntervalAndNeverLeavesIt(int retry, double bound)
    {
        var random = new Random(1);
        var waits = Enumerable.Range(0, 2_000).Select(_ => Backoff.Next(retry, s_base, s_max, random).TotalMilliseconds).ToArray();

        Assert.All(waits, wait => Assert.InRange(wait, 0, bound));
        Assert.InRange(waits.Min(), 0, bound * 0.01);
        Assert.InRange(waits.Max(), bound * 0.99, bound);
        Assert.Equal(bound / 2, waits.Average(), bound * 0.03);
    }

    [Fact]
    public void Next_ForAnyInput_IsBetweenZeroAndItsMaximum() => Gen.Select(Gen.Int, Gen.Long[0, long.MaxValue], Gen.Long[0, long.MaxValue], Gen.Int).Sample((retry, @base, max, seed) =>
    {
        var wait = Backoff.Next(retry, new TimeSpan(@base), new TimeSpan(max), new Random(seed));
        return wait >= TimeSpan.Zero && wait.Ticks <= max;
    });

    [Fact]
    public void Next_WithABaseOfZero_IsZero() => Assert.Equal(TimeSpan.Zero, Backoff.Next(2_000, TimeSpan.Zero, s_max, new Random(1)));

    [Fact]
    public void Next_WithTheLeastDraw_IsZero() => Assert.Equal(TimeSpan.Zero, Backoff.Next(3, s_base, s_max, new NoJitter()));
}
