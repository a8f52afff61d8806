using MeshLib.TestKit;
using MeshLib.Tests.Calls;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.LoadReports;

public class LoadReportFlowTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Instances_ThatReportTheirLoad_GetCallsByWhatTheyCanDo()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time, static policy => policy.LoadBalancing.Policy = "WeightedRoundRobin", endpoints: 2);
        mesh.Transport.Answer(static request => Reporting(request.Endpoint == VirtualMesh.Address(1) ? "TEXT cpu_utilization=0.8,rps_fractional=100" : "JSON {\"cpu_utilization\":0.2,\"rps_fractional\":100}"));

        // Reports settle for ten seconds.
        for (var i = 0; i < 12; i++)
        {
            await SendAsync(mesh, 10);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        var before = (mesh.Transport.AttemptsTo(VirtualMesh.Address(1)), mesh.Transport.AttemptsTo(VirtualMesh.Address(2)));
        await SendAsync(mesh, 500);

        Assert.Equal(100, mesh.Transport.AttemptsTo(VirtualMesh.Address(1)) - before.Item1, 2.0);
        Assert.Equal(400, mesh.Transport.AttemptsTo(VirtualMesh.Address(2)) - before.Item2, 2.0);
        Assert.Equal(500, mesh.Endpoints[1].ReportedLoad?.Report.Capacity());
    }

    [Fact]
    public async Task Reports_AreLookedForTenTimesASecondAtMost()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time, endpoints: 1);
        var answers = 0;
        mesh.Transport.Answer(_ => Reporting($"TEXT cpu_utilization=0.5,rps_fractional={++answers}"));

        await SendAsync(mesh, 5);
        Assert.Equal(1, mesh.Endpoints[0].ReportedLoad?.Report.RequestsPerSecond);

        _time.Advance(TimeSpan.FromMilliseconds(100));
        await SendAsync(mesh, 5);
        Assert.Equal(6, mesh.Endpoints[0].ReportedLoad?.Report.RequestsPerSecond);
    }

    [Theory]
    [InlineData("TEXT cpu_utilization=NaN,rps_fractional=-1")]
    [InlineData("JSON {\"\\ud800\":")]
    [InlineData("BIN ====")]
    public async Task Call_WhoseAnswerBearsABrokenReport_IsAnsweredAllTheSame(string report)
    {
        await using var mesh = await VirtualMesh.StartAsync(_time, endpoints: 1);
        mesh.Transport.Answer(_ => Reporting(report));

        await SendAsync(mesh, 1);

        Assert.Null(mesh.Endpoints[0].ReportedLoad);
        Assert.Equal(1, mesh.Meters.Count("mesh.client.request.duration", ("outcome", "ok")));
    }

    [Fact]
    public async Task GrpcCall_WithAReportInItsTrailers_IsHeard()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time, endpoints: 1);
        mesh.Transport.Answer(static _ =>
        {
            var response = ScriptedTransport.Response(200);
            response.Content = new ByteArrayContent(new byte[5]);
            response.TrailingHeaders.Add("grpc-status", "0");
            response.TrailingHeaders.TryAddWithoutValidation("endpoint-load-metrics-bin", "CZqZmZmZmbk/MQAAAAAAAABA");
            return response;
        });

        using var request = VirtualMesh.GrpcRequest();
        using (var response = await mesh.SendAsync(request).WithinHangLimit())
        {
            await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal(2, mesh.Endpoints[0].ReportedLoad?.Report.RequestsPerSecond);
    }

    private static HttpResponseMessage Reporting(string report)
    {
        var response = ScriptedTransport.Response(200);
        response.Headers.TryAddWithoutValidation("endpoint-load-metrics", report);
        return response;
    }

    private static async Task SendAsync(VirtualMesh mesh, int calls)
    {
        for (var i = 0; i < calls; i++)
        {
            (await mesh.GetAsync().WithinHangLimit()).Dispose();
        }
    }
}
