using static MeshLib.Tests.LoadBalancing.Subjects;

namespace MeshLib.Tests.LoadBalancing;

public class SchedulerTests
{
    [Theory]
    [InlineData("5 1 1", "aabacaa")]
    [InlineData("3 2 1", "abacba")]
    [InlineData("1", "a")]
    [InlineData("2 2", "abab")]
    public void SmoothCycle_IsThatOfNginx(string weights, string cycle) => Assert.Equal(cycle, Letters(SmoothCycle.Of([.. weights.Split(' ').Select(int.Parse)])));

    [Theory]
    [InlineData("1 2 3", "bccabcbccabc")]
    [InlineData("5 1 1", "acaabaaacaabaa")]
    public void StaticStride_FromTheStart_IsThatOfGrpc(string weights, string turns)
    {
        var stride = new StaticStride([.. weights.Split(' ').Select(double.Parse)]);
        var sequence = 0L;

        Assert.Equal(turns, Letters(turns.Select(_ => stride.Next(ref sequence))));
    }

    [Fact]
    public void StaticStride_OfOneTwoThree_CountsThemExactly()
    {
        var stride = new StaticStride([1, 2, 3]);
        var sequence = 0L;

        var hits = Enumerable.Range(0, 6_000).Select(_ => stride.Next(ref sequence)).CountBy(static index => index).ToDictionary();

        Assert.Equal([1_000, 2_000, 3_000], [hits[0], hits[1], hits[2]]);
    }

    [Theory]
    [InlineData("1 1 1")]
    [InlineData("1 2 3")]
    [InlineData("5 3 2")]
    [InlineData("17 23 37")]
    public void StaticStride_FromAnywhere_IsWithinFivePercentOverTenThousand(string text)
    {
        double[] weights = [.. text.Split(' ').Select(double.Parse)];
        var stride = new StaticStride(weights);
        var sequence = new Random(3).NextInt64(1L << 40);

        var hits = Enumerable.Range(0, 10_000).Select(_ => stride.Next(ref sequence)).CountBy(static index => index).ToDictionary();

        for (var i = 0; i < weights.Length; i++)
        {
            Assert.InRange(hits[i] / (10_000 * weights[i] / weights.Sum()), 0.95, 1.05);
        }
    }

    [Theory]
    [InlineData("25 75")]
    [InlineData("1 99")]
    [InlineData("50 50")]
    [InlineData("1 20 79")]
    public void RoundRobin_OfManyClients_BeginsByWeight(string text)
    {
        var subjects = new Subjects();
        var set = text.Split(' ').Select((weight, i) => subjects.Endpoint(i, int.Parse(weight, null))).ToArray();

        var first = Enumerable.Range(0, 20_000).Select(seed => new RoundRobinLoadBalancer(new Random(seed)).CreatePicker(set).Pick(Call())!).CountBy(static e => e).ToDictionary();

        Assert.All(set, e => Assert.Equal(e.Metadata.Weight / 100.0, first.GetValueOrDefault(e) / 20_000.0, 0.01));
    }

    [Fact]
    public void RoundRobin_Of128Equals_GoesRound()
    {
        var set = new Subjects().Endpoints(128);
        var picker = new RoundRobinLoadBalancer(new Random(3)).CreatePicker(set);

        var picks = Enumerable.Range(0, 1_280).Select(_ => picker.Pick(Call())).ToArray();

        Assert.All(picks.Chunk(128), round => Assert.Equal(128, round.Distinct().Count()));
    }

    [Fact]
    public void RoundRobin_OfWeights1To128_IsNeverFarFromTheShare()
    {
        var subjects = new Subjects();
        var set = Enumerable.Range(1, 128).Select(weight => subjects.Endpoint(weight, weight)).ToArray();
        var picker = new RoundRobinLoadBalancer(new Random(3)).CreatePicker(set);

        var hits = Enumerable.Range(0, 8_256).Select(_ => picker.Pick(Call())!).CountBy(static e => e).ToDictionary();

        Assert.All(set, e => Assert.InRange(hits[e], e.Metadata.Weight - 4, e.Metadata.Weight + 4));
    }

    private static string Letters(IEnumerable<int> indices) => string.Concat(indices.Select(static index => (char)('a' + index)));
}
