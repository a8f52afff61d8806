namespace MeshLib.Tests.Health;

/// <summary>Envoy's figures for a window of 60 s.</summary>
public class SlowStartTests
{
    [Theory]
    [InlineData(1, 0.1, 0.1, 0.25, 0.5, 0.75)]
    [InlineData(2, 0.129, 0.316, 0.5, 0.707, 0.866)]
    [InlineData(0.5, 0.1, 0.1, 0.1, 0.25, 0.5625)]
    [InlineData(0, 0.1, 0.1, 0.25, 0.5, 0.75)]
    [InlineData(-1, 0.1, 0.1, 0.25, 0.5, 0.75)]
    public void Share_GrowsWithAge(double aggression, params double[] shares)
    {
        int[] ages = [1, 6, 15, 30, 45];

        Assert.All(ages.Zip(shares), point => Assert.Equal(point.Second, SlowStart.ShareAt(TimeSpan.FromSeconds(point.First), TimeSpan.FromSeconds(60), aggression), 3));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    [InlineData(60)]
    [InlineData(61)]
    [InlineData(100_000)]
    public void Share_IsNeverLessThanATenthNorMoreThanOne(double age) =>
        Assert.Equal(age < 60 ? 0.1 : 1, SlowStart.ShareAt(TimeSpan.FromSeconds(age), TimeSpan.FromSeconds(60)));

    [Fact]
    public void Share_WithoutAWindow_IsWholeAtOnce() => Assert.Equal(1, SlowStart.ShareAt(TimeSpan.Zero, TimeSpan.Zero));
}
