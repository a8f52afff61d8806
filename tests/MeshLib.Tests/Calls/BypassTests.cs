using MeshLib.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Calls;

public class BypassTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task BypassedRequest_GoesOnUntouched()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time);
        mesh.Transport.AnswerWith(503);
        using var request = VirtualMesh.Request();
        request.BypassMesh();

        using var response = await mesh.SendAsync(request).WithinHangLimit();

        AssertUntouched(mesh, request, response);
    }

    [Fact]
    public async Task BypassedRequest_ThatTheMeshHasSentBefore_CarriesNothingOfThatCall()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time);
        mesh.Transport.Answer(request => ScriptedTransport.Response(request.Number == 1 ? 503 : 200));
        using var request = VirtualMesh.Request();
        (await mesh.SendAsync(request).WithinHangLimit()).Dispose();
        request.BypassMesh();

        using var response = await mesh.SendAsync(request).WithinHangLimit();

        Assert.Empty(mesh.Transport.Requests[^1].Headers);
        Assert.Null(response.GetMeshReport());
    }

    [Fact]
    public async Task UnknownHost_GoesOnUntouched()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time);
        mesh.Source.Decline("elsewhere.example.com");
        mesh.Transport.AnswerWith(503);
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://elsewhere.example.com/a");

        using var response = await mesh.SendAsync(request).WithinHangLimit();

        AssertUntouched(mesh, request, response);
    }

    [Theory]
    [InlineData("http://127.0.0.1:5000/a")]
    [InlineData("http://[::1]:5000/a")]
    [InlineData("http://localhost:5000/a")]
    public async Task AddressOfAnInstance_IsNotLookedUp(string address)
    {
        await using var mesh = await VirtualMesh.StartAsync(_time);
        mesh.Transport.AnswerWith(503);
        using var request = new HttpRequestMessage(HttpMethod.Get, address);

        using var response = await mesh.SendAsync(request).WithinHangLimit();

        AssertUntouched(mesh, request, response);
        Assert.Equal(1, mesh.Source.CreatedProviders);
    }

    [Fact]
    public async Task SecondMeshHandlerBelow_LetsTheAttemptPass()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time);
        mesh.Transport.AnswerWith(200);
        var factory = mesh.Services.GetRequiredService<IMeshHandlerFactory>();
        using var nested = new HttpMessageInvoker(factory.CreateHandler(factory.CreateHandler(mesh.Transport)), disposeHandler: false);
        using var request = VirtualMesh.Request();

        using var response = await nested.SendAsync(request, CancellationToken.None).WithinHangLimit();

        Assert.Equal(1, mesh.Transport.Attempts);
        Assert.Equal(1, mesh.Meters.Count("mesh.client.request.duration"));
        Assert.Single(response.GetMeshReport()!.Attempts);
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task RelativeOrMissingAddress_IsLeftToTheHandlerBelow()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/relative", UriKind.Relative));

        // Nothing of the mesh stands between the caller and the error of the handler that would have to send it.
        mesh.Transport.Answer(_ => throw new InvalidOperationException("An absolute address is needed."));
        await Assert.ThrowsAsync<InvalidOperationException>(() => mesh.SendAsync(request).WithinHangLimit());
    }

    [Fact]
    public async Task PinnedRequest_GoesToItsEndpointWhateverItsHealthAndNowhereElse()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time, policy => policy.CircuitBreaker.ConsecutiveFailures = 1);
        var address = new Uri(VirtualMesh.Address(2));
        mesh.Transport.AnswerWith(503);

        for (var call = 0; call < 3; call++)
        {
            using var request = VirtualMesh.Request();
            request.PinMeshEndpoint(address);
            using var response = await mesh.SendAsync(request).WithinHangLimit();
            Assert.Equal(503, (int)response.StatusCode);
        }

        Assert.Equal(3, mesh.Transport.AttemptsTo(VirtualMesh.Address(2)));
        Assert.Equal(3, mesh.Transport.Attempts);
        Assert.Equal(EndpointState.Open, mesh.Endpoints.Single(endpoint => endpoint.Address == address).State);
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task RequestPinnedToAStranger_IsRefusedAndSaysToWhom()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time);
        using var request = VirtualMesh.Request();
        request.PinMeshEndpoint(new Uri("http://10.9.9.9:1"));

        var refusal = await Assert.ThrowsAsync<NoEndpointAvailableException>(() => mesh.SendAsync(request).WithinHangLimit());

        Assert.Equal(OutcomeReason.PinnedEndpointUnknown, refusal.Reason);
        Assert.Contains("10.9.9.9", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0, mesh.Transport.Attempts);
        Assert.Equal(1, mesh.Meters.Sum("mesh.client.rejections", ("reason", "pinned_endpoint_unknown")));
        await mesh.AssertIdleAsync();
    }

    private static void AssertUntouched(VirtualMesh mesh, HttpRequestMessage request, HttpResponseMessage response)
    {
        var sent = Assert.Single(mesh.Transport.Requests);
        Assert.Same(request.RequestUri, sent.Uri);
        Assert.Empty(sent.Headers);
        Assert.IsType<ScriptedBody>(response.Content);
        Assert.Null(response.GetMeshReport());
        Assert.Equal(0, mesh.Meters.Count("mesh.client.request.duration"));
    }
}
