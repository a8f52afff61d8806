namespace MeshLib.Tests.Locality;

public class PriorityLoadTests
{
    private const double Overprovisioning = 1.4;

    [Theory]
    [InlineData(new[] { 100, 100 }, new[] { 100, 0 })]
    [InlineData(new[] { 72, 72 }, new[] { 100, 0 })]
    [InlineData(new[] { 71, 71 }, new[] { 99, 1 })]
    [InlineData(new[] { 50, 50 }, new[] { 70, 30 })]
    [InlineData(new[] { 25, 100 }, new[] { 35, 65 })]
    [InlineData(new[] { 25, 25 }, new[] { 50, 50 })]
    [InlineData(new[] { 0, 100 }, new[] { 0, 100 })]
    [InlineData(new[] { 25, 25, 100 }, new[] { 35, 35, 30 })]
    [InlineData(new[] { 25, 25, 20 }, new[] { 37, 35, 28 })]
    [InlineData(new[] { 5, 65 }, new[] { 8, 92 })]
    [InlineData(new[] { 0, 0 }, new[] { 0, 0 })]
    [InlineData(new[] { 10, 20, 10, /* degraded: */ 20, 10, 0 }, new[] { 16, 28, 14, 28, 14, 0 })]
    public void Loads_AreEnvoys(int[] availablePercent, int[] loads) =>
        Assert.Equal(loads, PriorityLoad.Of([.. availablePercent.Select(static percent => PriorityLoad.Health(percent, 100, Overprovisioning))]));

    [Theory]
    [InlineData(100, 33)]
    [InlineData(70, 33)]
    [InlineData(69, 32)]
    [InlineData(50, 26)]
    [InlineData(25, 15)]
    [InlineData(0, 0)]
    public void WeightedLocalities_ShareByWhatIsAvailable(int availablePercent, int expected)
    {
        var (x, y) = (1 * PriorityLoad.Health(availablePercent, 100, Overprovisioning), 2 * PriorityLoad.Health(100, 100, Overprovisioning));

        Assert.Equal(expected, (int)Math.Round(100.0 * x / (x + y)));
    }
}
