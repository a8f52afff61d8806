using MeshLib.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Calls;

public class HashKeyTests
{
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData("RingHash")]
    [InlineData("Maglev")]
    public async Task Calls_OfOneKey_GoToOneInstanceWhereverTheKeyStands(string balancer)
    {
        await using var mesh = await VirtualMesh.StartAsync(_time, policy => Hashed(policy, balancer), endpoints: 8);
        mesh.Transport.AnswerWith(200);
        for (var user = 0; user < 30; user++)
        {
            var before = mesh.Transport.Requests.Count;
            await SendAsync(mesh, request => request.Headers.Add("x-user", $"{user}"));
            await SendAsync(mesh, request => request.Headers.Add("Cookie", $"theme=dark; user={user}"));
            await SendAsync(mesh, request => request.SetMeshHashKey($"{user}"));

            Assert.Single(mesh.Transport.Requests.Skip(before).Select(static request => request.Endpoint).Distinct());
        }

        Assert.InRange(mesh.Transport.AttemptsPerEndpoint.Count, 6, 8);
    }

    [Fact]
    public async Task Call_WhoseInstanceFails_IsRetriedAtTheNextOfItsKeyUntilThatIsBack()
    {
        await using var mesh = await VirtualMesh.StartAsync(
            _time,
            policy =>
            {
                Hashed(policy, "RingHash");
                policy.Retry.MaxBackoff = TimeSpan.Zero;
            },
            endpoints: 8);
        mesh.Transport.AnswerWith(200);
        await SendAsync(mesh, static request => request.SetMeshHashKey("ann"));
        var home = mesh.Transport.Requests[^1].Endpoint;
        mesh.Transport.Answer(request => ScriptedTransport.Response(request.Endpoint == home ? 503 : 200));

        await SendAsync(mesh, static request => request.SetMeshHashKey("ann"));
        var next = mesh.Transport.Requests[^1].Endpoint;
        await SendAsync(mesh, static request => request.SetMeshHashKey("ann"));

        Assert.NotEqual(home, next);
        Assert.Equal([home, home, next, home, next], mesh.Transport.Requests.Select(static request => request.Endpoint));
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task KeySource_ThatAReloadChanges_IsTheNewOneFromThenOn()
    {
        const string Source = "Mesh:Services:orders:LoadBalancing:HashKey:0";
        await using var mesh = new TestMesh(
            static services =>
            {
                services.AddMesh().AddEndpoints("orders", [.. Enumerable.Range(1, 8).Select(VirtualMesh.Address)]);
                services.AddMeshClient("orders");
            },
            ("Mesh:Services:orders:LoadBalancing:Policy", "RingHash"),
            (Source, "header:x-user"));
        Assert.Equal((1, true), (await InstancesAsync("x-user"), await InstancesAsync("x-tenant") > 1));

        mesh.Configuration[Source] = "header:x-tenant";
        mesh.Configuration.Reload();
        mesh.Time.Advance(MeshPolicies.Period);

        Assert.Equal((true, 1), (await InstancesAsync("x-user") > 1, await InstancesAsync("x-tenant")));

        // How many instances twenty calls with one value of a header go to.
        async Task<int> InstancesAsync(string header)
        {
            var before = mesh.Endpoints.Count;
            for (var i = 0; i < 20; i++)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, "http://orders/");
                request.Headers.Add(header, "gold");
                (await mesh.Client().SendAsync(request).WithinHangLimit()).Dispose();
            }

            return mesh.Endpoints.Skip(before).Distinct().Count();
        }
    }

    private static void Hashed(MeshPolicy policy, string balancer)
    {
        policy.LoadBalancing.Policy = balancer;
        policy.LoadBalancing.HashKey = ["header:x-user", "cookie:user"];
    }

    private static async Task SendAsync(VirtualMesh mesh, Action<HttpRequestMessage> prepare)
    {
        using var request = VirtualMesh.Request();
        prepare(request);
        (await mesh.SendAsync(request).WithinHangLimit()).Dispose();
    }
}
