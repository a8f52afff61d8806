using MeshLib.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Calls;

public class AddressTests
{
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData("http://orders/a%2Fb/c", "/a%2Fb/c")]
    [InlineData("http://orders//double//slash", "//double//slash")]
    [InlineData("http://orders/a/%2e%2e/b", null)]
    [InlineData("http://orders/a/../b", "/b")]
    [InlineData("http://orders/path?q=%2F&x=a+b&y=%C3%A4#part", "/path?q=%2F&x=a+b&y=%C3%A4")]
    [InlineData("http://orders?only=query", "/?only=query")]
    [InlineData("http://orders", "/")]
    [InlineData("http://orders/%E2%82%AC/;v=1,2", "/%E2%82%AC/;v=1,2")]
    public async Task PathAndQuery_GoToTheWireAsTheCallerGaveThem(string address, string? expected)
    {
        await using var mesh = await VirtualMesh.StartAsync(_time);
        mesh.Transport.AnswerWith(200);
        var logical = new Uri(address);

        using var response = await mesh.SendAsync(new HttpRequestMessage(HttpMethod.Get, logical)).WithinHangLimit();

        var sent = Assert.Single(mesh.Transport.Requests);
        Assert.Equal(expected ?? logical.PathAndQuery, sent.Uri.PathAndQuery);
        Assert.StartsWith("http://10.0.0.", sent.Uri.AbsoluteUri, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DotSegments_OfAnAddressThatKeepsThem_AreNotFolded()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time);
        mesh.Transport.AnswerWith(200);
        var logical = new Uri("http://orders/a/../b/%2e/c", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

        using var response = await mesh.SendAsync(new HttpRequestMessage(HttpMethod.Get, logical)).WithinHangLimit();

        Assert.Equal("/a/../b/%2e/c", Assert.Single(mesh.Transport.Requests).Uri.PathAndQuery);
    }

    [Fact]
    public async Task PathPrefixOfAnEndpoint_StandsBeforeThePath()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time, endpoints: 0);
        await mesh.PublishAsync("http://10.0.0.1:8080/base/");
        mesh.Transport.AnswerWith(200);

        using var response = await mesh.GetAsync("/x?y=1").WithinHangLimit();

        Assert.Equal("http://10.0.0.1:8080/base/x?y=1", Assert.Single(mesh.Transport.Requests).Uri.AbsoluteUri);
    }

    public static TheoryData<string> Outcomes => ["success", "status", "refused", "reset", "fault", "cancelled", "timeout", "retried"];

    [Theory]
    [MemberData(nameof(Outcomes))]
    public async Task AddressAndHost_AreTheCallersAgainAfterEveryOutcome(string outcome)
    {
        await using var mesh = await VirtualMesh.StartAsync(_time, endpoints: 2, services: services => services.AddHostNames());
        using var request = VirtualMesh.Request(outcome == "retried" ? "GET" : "POST");
        using var cancellation = new CancellationTokenSource();
        var logical = request.RequestUri;

        var call = mesh.SendAsync(request, cancellation.Token);
        var exchange = await mesh.Transport.NextAsync();
        Assert.Equal(8080, exchange.Request.Uri.Port);
        switch (outcome)
        {
            case "success":
                exchange.Respond(200);
                break;
            case "status":
                exchange.Respond(503);
                break;
            case "refused":
                mesh.Transport.Answer(_ => throw TransportErrors.Refused());
                exchange.Refuse();
                break;
            case "reset":
                exchange.Fail(TransportErrors.Reset());
                break;
            case "fault":
                exchange.Fail(new InvalidOperationException("A fault of the request."));
                break;
            case "cancelled":
                await cancellation.CancelAsync();
                break;
            case "timeout":
                mesh.Advance(30_000);
                break;
            case "retried":
                exchange.Respond(503);
                var second = await mesh.Transport.NextAsync();
                Assert.NotEqual(exchange.Request.Endpoint, second.Request.Endpoint);
                second.Respond(200);
                break;
        }

        await Record.ExceptionAsync(() => call.WithinHangLimit());
        Assert.Same(logical, request.RequestUri);
        Assert.Null(request.Headers.Host);
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task HostNameOfAnEndpoint_IsPresentedAndFollowsTheAttempt()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time, services: services => services.AddHostNames());
        mesh.Transport.AnswerWith(503);

        using var response = await mesh.GetAsync().WithinHangLimit();

        Assert.All(mesh.Transport.Requests, request => Assert.Equal($"host-of-{request.Uri.Host}", request.Host));
    }

    [Fact]
    public async Task HostHeaderOfTheCaller_IsNotTouched()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time, services: services => services.AddHostNames());
        mesh.Transport.AnswerWith(503);
        using var request = VirtualMesh.Request();
        request.Headers.Host = "shop.example.com";

        using var response = await mesh.SendAsync(request).WithinHangLimit();

        Assert.All(mesh.Transport.Requests, sent => Assert.Equal("shop.example.com", sent.Host));
        Assert.Equal("shop.example.com", request.Headers.Host);
    }

    [Fact]
    public async Task RequestsOfOnePath_ShareOneAddressAndOthersDoNotMixWithIt()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time, endpoints: 1);
        mesh.Transport.AnswerWith(200);
        foreach (var path in (string[])["/a", "/a", "/b", "/a"])
        {
            (await mesh.GetAsync(path).WithinHangLimit()).Dispose();
        }

        Assert.Equal(["/a", "/a", "/b", "/a"], mesh.Transport.Requests.Select(request => request.Uri.PathAndQuery));
        Assert.Same(mesh.Transport.Requests[0].Uri, mesh.Transport.Requests[1].Uri);
    }
}
