using static MeshLib.Tests.LoadBalancing.Subjects;

namespace MeshLib.Tests.LoadBalancing;

public class LeastRequestLoadBalancerTests
{
    private readonly Subjects _subjects = new();

    [Theory]
    [InlineData(2, 4, 1.0, 0.4)]
    [InlineData(2, 4, 2.0, 0.08)]
    [InlineData(2, 4, 0.5, 0.894427)]
    [InlineData(3, 1, 1.0, 1.5)]
    [InlineData(1, 9, 0.0, 1.0)]
    public void Cost_OfABusyEndpoint_IsTheInverseOfEnvoysEffectiveWeight(double weight, int inFlight, double bias, double effective) =>
        Assert.Equal(effective, Log2.Power(-WeightedLeastRequestPicker.CostLog2(inFlight, Log2.Of(weight), bias)), 1e-4);

    [Theory]
    [InlineData(1.0, 3)]
    [InlineData(2.0, 1.73205)]
    public void Pick_UnderLoad_KeepsAttemptsInFlightToWeightByBias(double bias, double ratio)
    {
        MeshEndpoint[] set = [_subjects.Endpoint(1, weight: 1), _subjects.Endpoint(2, weight: 3)];
        var picker = new LeastRequestLoadBalancer(new Random(7), choices: 8, bias).CreatePicker(set);

        for (var i = 0; i < 4_000; i++)
        {
            picker.Pick(Call())!.Load.Begin();
        }

        Assert.Equal(ratio, set[1].InFlight / (double)set[0].InFlight, 0.02);
    }

    [Fact]
    public void Pick_WithoutBias_IsByWeightAloneHoweverBusy()
    {
        MeshEndpoint[] set = [_subjects.Endpoint(1, weight: 1), _subjects.Endpoint(2, weight: 3)];
        var picker = new LeastRequestLoadBalancer(new Random(7), choices: 2, bias: 0).CreatePicker(set);
        for (var i = 0; i < 100; i++)
        {
            set[1].Load.Begin();
        }

        var hits = Enumerable.Range(0, 100_000).Count(_ => picker.Pick(Call()) == set[1]);

        Assert.Equal(0.75, hits / 100_000.0, 0.01);
    }

    [Fact]
    public void Pick_OfACanaryAmongFewCalls_NeverExceedsTwiceItsShare()
    {
        // The canary is idle nearly always, and must not draw traffic by that.
        MeshEndpoint[] set = [_subjects.Endpoint(1, weight: 1), _subjects.Endpoint(2, weight: 99)];
        var picker = new LeastRequestLoadBalancer(new Random(7)).CreatePicker(set);
        set[1].Load.Begin();
        set[1].Load.Begin();

        var hits = Enumerable.Range(0, 100_000).Count(_ => picker.Pick(Call()) == set[0]);

        Assert.InRange(hits / 100_000.0, 0.01, 0.02);
    }
}
