using MeshLib.TestKit;

namespace MeshLib.Tests.Signals;

/// <summary>What a caller is told about the call that it made.</summary>
public class CallReportTests
{
    [Fact]
    public async Task Report_OnTheResponse_TellsEveryAttempt()
    {
        await using var mesh = TestMesh.Orders();
        mesh.Transport.Answer(static request => ScriptedTransport.Response(request.Number == 1 ? 503 : 200));

        using var response = await mesh.Client().GetAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);

        var report = response.GetMeshReport();
        Assert.NotNull(report);
        Assert.Equal(("orders", OutcomeReason.Ok), (report.Service, report.Reason));
        Assert.Equal(
            [(new Uri(mesh.Endpoints[0]), OutcomeReason.Unavailable), (new Uri(mesh.Endpoints[1]), OutcomeReason.Ok)],
            report.Attempts.Select(static attempt => (attempt.Endpoint, attempt.Reason)));
        Assert.Equal(new Uri(mesh.Endpoints[1]), report.Endpoint);
        Assert.Equal($"orders: Ok ({mesh.Endpoints[0]}/ Unavailable, {mesh.Endpoints[1]}/ Ok)", report.ToString());
    }

    [Fact]
    public async Task Report_OnARefusedRequest_HasNoAttempts()
    {
        await using var mesh = TestMesh.Orders();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.SetMeshDeadline(TimeSpan.Zero);

        await Assert.ThrowsAsync<DeadlineExceededException>(() => mesh.Client().SendAsync(request, TestContext.Current.CancellationToken));

        var report = request.GetMeshReport();
        Assert.NotNull(report);
        Assert.Equal(OutcomeReason.DeadlineExceeded, report.Reason);
        Assert.Empty(report.Attempts);
        Assert.Null(report.Endpoint);
    }

    [Fact]
    public async Task Report_InPassThrough_IsNull()
    {
        await using var mesh = TestMesh.Orders();

        using var response = await mesh.Client().GetAsync(new Uri("http://unknown.example/"), TestContext.Current.CancellationToken);

        Assert.Null(response.GetMeshReport());
    }
}
