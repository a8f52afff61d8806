using static MeshLib.Tests.LoadBalancing.Subjects;

namespace MeshLib.Tests.LoadBalancing;

public class WeightedRoundRobinLoadBalancerTests
{
    private readonly Subjects _subjects = new();

    [Theory]
    [InlineData(10, 1.0, 0, 10)]
    [InlineData(10, 0.1, 0, 100)]
    [InlineData(10, 0.1, 10, 10)]
    public void Capacity_IsThatOfA58(double requests, double utilization, double errors, double capacity) =>
        Assert.Equal(capacity, new LoadReport { RequestsPerSecond = requests, CpuUtilization = utilization, ErrorsPerSecond = errors }.Capacity(errorPenalty: 0.9), 1e-9);

    [Fact]
    public void Pick_FollowsReportedCapacity()
    {
        var set = _subjects.Endpoints(2);
        var picker = new WeightedRoundRobinLoadBalancer(new Random(3), errorPenalty: 0.9).CreatePicker(set);
        Report(set[0], requests: 10, utilization: 1, from: 0, to: 20);
        Report(set[1], requests: 10, utilization: 0.1, from: 0, to: 20);
        Assert.Equal(10, Ratio(picker, set, at: 20), 0.3);

        Report(set[1], requests: 10, utilization: 0.1, from: 21, to: 22, errors: 10);
        Assert.Equal(1, Ratio(picker, set, at: 23), 0.03);
    }

    [Fact]
    public void Pick_BeforeReportsHaveSettled_GoesByWeight()
    {
        var set = _subjects.Endpoints(2);
        var picker = new WeightedRoundRobinLoadBalancer(new Random(3)).CreatePicker(set);
        Report(set[0], requests: 10, utilization: 1, from: 0, to: 9);
        Report(set[1], requests: 10, utilization: 0.1, from: 0, to: 9);

        Assert.Equal(1, Ratio(picker, set, at: 9.9), 0.01);
        Assert.Equal(10, Ratio(picker, set, at: 11), 0.3);
    }

    [Fact]
    public void Pick_AfterReportsHaveExpired_GoesByWeightAndReportsHaveToSettleAgain()
    {
        var set = _subjects.Endpoints(2);
        var picker = new WeightedRoundRobinLoadBalancer(new Random(3)).CreatePicker(set);
        Report(set[0], requests: 10, utilization: 1, from: 0, to: 20);
        Report(set[1], requests: 10, utilization: 0.1, from: 0, to: 20);
        Assert.Equal(10, Ratio(picker, set, at: 199), 0.3);
        Assert.Equal(1, Ratio(picker, set, at: 201), 0.01);

        Report(set[0], requests: 10, utilization: 1, from: 300, to: 305);
        Report(set[1], requests: 10, utilization: 0.1, from: 300, to: 305);
        Assert.Equal(1, Ratio(picker, set, at: 309), 0.01);
        Assert.Equal(10, Ratio(picker, set, at: 311), 0.3);
    }

    [Fact]
    public void Pick_OfOneThatDoesNotReport_GivesItTheMean()
    {
        var set = _subjects.Endpoints(3);
        var picker = new WeightedRoundRobinLoadBalancer(new Random(3)).CreatePicker(set);
        Report(set[0], requests: 10, utilization: 1, from: 0, to: 20);
        Report(set[1], requests: 30, utilization: 1, from: 0, to: 20);

        var hits = Hits(picker, at: 20);

        Assert.Equal([10_000, 30_000, 20_000], set.Select(e => hits[e]), static (expected, actual) => Math.Abs(expected - actual) <= 300);
    }

    [Fact]
    public void Pick_WhenOnlyOneReports_GoesByWeight()
    {
        MeshEndpoint[] set = [_subjects.Endpoint(1, weight: 1), _subjects.Endpoint(2, weight: 3)];
        var picker = new WeightedRoundRobinLoadBalancer(new Random(3)).CreatePicker(set);
        Report(set[0], requests: 10, utilization: 0.001, from: 0, to: 20);

        Assert.Equal(3, Ratio(picker, set, at: 20), 0.03);
    }

    [Fact]
    public void Pick_OfAReportOutOfAllProportion_IsHeldToTenTimesWhatIsTypical()
    {
        var set = _subjects.Endpoints(100);
        var picker = new WeightedRoundRobinLoadBalancer(new Random(3)).CreatePicker(set);
        foreach (var endpoint in set[1..])
        {
            Report(endpoint, requests: 10, utilization: 0.5, from: 0, to: 20);
        }

        Report(set[0], requests: 1e6, utilization: 1e-5, from: 0, to: 20);
        var hits = Hits(picker, at: 20);

        Assert.InRange(hits[set[0]] / (double)hits[set[1]], 9, 14);
    }

    [Fact]
    public void Pick_NewWeights_TakeAMomentToBeRead()
    {
        var set = _subjects.Endpoints(2);
        var picker = new WeightedRoundRobinLoadBalancer(new Random(3)).CreatePicker(set);
        Report(set[0], requests: 10, utilization: 1, from: 0, to: 20);
        Report(set[1], requests: 10, utilization: 1, from: 0, to: 20);
        Assert.Equal(1, Ratio(picker, set, at: 20), 0.03);

        Report(set[1], requests: 10, utilization: 0.5, from: 20.1, to: 20.2);
        Assert.Equal(1, Ratio(picker, set, at: 20.9), 0.03);
        Assert.Equal(2, Ratio(picker, set, at: 21), 0.06);
    }

    private static void Report(MeshEndpoint endpoint, double requests, double utilization, double from, double to, double errors = 0)
    {
        for (var second = from; second <= to; second += 0.1)
        {
            endpoint.Observe(new LoadReport { RequestsPerSecond = requests, CpuUtilization = utilization, ErrorsPerSecond = errors }, At(second));
        }
    }

    private static Dictionary<MeshEndpoint, int> Hits(EndpointPicker picker, double at) => Enumerable.Range(0, 60_000).Select(_ => picker.Pick(Call(at))!).CountBy(static e => e).ToDictionary();

    /// <summary>How many picks the second endpoint gets for each of the first.</summary>
    private static double Ratio(EndpointPicker picker, MeshEndpoint[] set, double at) => Hits(picker, at) is var hits ? hits[set[1]] / (double)hits[set[0]] : 0;
}
