using MeshLib.Tests.LoadBalancing;

namespace MeshLib.Tests.Locality;

public class ZonePickerTests
{
    private readonly MeshEndpoint[] _endpoints = new Subjects().Endpoints(2);

    [Theory]
    [InlineData(10_000)]
    [InlineData(4_000)]
    public void ZoneWhosePickerFindsNobody_LeavesACallToTheOthers(int share)
    {
        var picker = new ZonePicker([new Always(null), new Always(_endpoints[0]), new Always(null)], [share, 0, ZoneSpill.Whole - share], [0, 5_000, 5_000], new Random(1));

        for (var i = 0; i < 100; i++)
        {
            Assert.Same(_endpoints[0], picker.Pick(Subjects.Call()));
            Assert.Same(_endpoints[0], picker.Pick(Subjects.Call(0, _endpoints[0])));
        }
    }

    [Fact]
    public void AmongTheOthers_TheUntriedArePreferred()
    {
        var picker = new ZonePicker([new Always(null), new Always(_endpoints[0]), new Always(_endpoints[1])], [ZoneSpill.Whole, 0, 0], [0, 0, 0], new Random(1));

        Assert.Same(_endpoints[1], picker.Pick(Subjects.Call(0, _endpoints[0])));
        Assert.Same(_endpoints[0], picker.Pick(Subjects.Call(0, _endpoints)));
    }

    [Fact]
    public void WhereNobodyFindsAnybody_ThereIsNone() =>
        Assert.Null(new ZonePicker([new Always(null), new Always(null)], [5_000, 5_000], [0, 10_000], new Random(1)).Pick(Subjects.Call()));

    private sealed class Always(MeshEndpoint? endpoint) : EndpointPicker
    {
        public override MeshEndpoint? Pick(MeshCall call) => endpoint;
    }
}
