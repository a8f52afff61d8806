using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using MeshLib.TestKit;
using Microsoft.Extensions.Time.Testing;
using static MeshLib.Consul.Tests.TestConsul;

namespace MeshLib.Consul.Tests;

/// <summary>The client against a server that does everything wrong.</summary>
public class ConsulClientTests
{
    private static readonly string Good = Rows(Row("a", 8080));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Answers that must be refused as a whole.</summary>
    public static TheoryData<string> WrongAnswers => [.. Wrong.Keys];

    private static Dictionary<string, ScriptedConsulWriter> Wrong { get; } = new()
    {
        ["login page"] = ScriptedConsulReply.Status(200, "<html>Sign in</html>", "text/html", "X-Consul-Index: 9"),
        ["good JSON of another type"] = ScriptedConsulReply.Status(200, Good, "text/plain", "X-Consul-Index: 9"),
        ["no type"] = ScriptedConsulReply.Raw("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n[]"),
        ["truncated HTTP"] = ScriptedConsulReply.Truncated(Good),
        ["reset within the body"] = ScriptedConsulReply.Truncated(Good, reset: true),
        ["reset"] = ScriptedConsulReply.Reset(),
        ["garbage"] = ScriptedConsulReply.Raw("\0\u0001\u0002 not HTTP at all\r\n\r\n"),
        ["truncated JSON"] = ScriptedConsulReply.Json(Good[..^3], 9),
        ["byte order mark"] = ScriptedConsulReply.Json("\uFEFF" + Good, 9),
        ["UTF-16"] = ScriptedConsulReply.Status(200, Encoding.Unicode.GetBytes(Good), "application/json", "X-Consul-Index: 9"),
        ["bad UTF-8"] = ScriptedConsulReply.Status(200, [.. Encoding.UTF8.GetBytes("""[{"Service":{"ID":"""), (byte)'"', 0xC3, 0x28, .. Encoding.UTF8.GetBytes("\"}}]")], "application/json", "X-Consul-Index: 9"),
        ["trailing data"] = ScriptedConsulReply.Json(Good + "[]", 9),
        ["comment"] = ScriptedConsulReply.Json("/* none */ []", 9),
        ["null"] = ScriptedConsulReply.Json("null", 9),
        ["object"] = ScriptedConsulReply.Json("{}", 9),
        ["number"] = ScriptedConsulReply.Json("42", 9),
        ["empty body"] = ScriptedConsulReply.Json("", 9),
        ["gzip"] = ScriptedConsulReply.Status(200, Gzip(Good), "application/json", "Content-Encoding: gzip", "X-Consul-Index: 9"),
        ["redirect"] = ScriptedConsulReply.Status(307, "", "application/json", "Location: http://127.0.0.1:1/"),
        ["headers without end"] = ScriptedConsulReply.Status(200, Good, "application/json", [.. Enumerable.Range(0, 100).Select(i => $"X-{i}: {new string('x', 1000)}")]),
        ["deep"] = ScriptedConsulReply.Json(string.Concat(Enumerable.Repeat("[{\"Service\":", 20_000)), 9),
        ["deep in a member nobody reads"] = ScriptedConsulReply.Json("[{\"New\":" + new string('[', 100_000), 9),
    };

    [Theory]
    [Trait("Scenario", "D10")]
    [MemberData(nameof(WrongAnswers))]
    public async Task GetHealth_OfAWrongAnswer_RefusesAllOfItAndTheNextGoodOneWorks(string name)
    {
        var wrong = true;
        await using var consul = new ScriptedConsul(_ => wrong ? Wrong[name] : ScriptedConsulReply.Json(Good, 9));
        using var client = Client(consul);
        var error = await Assert.ThrowsAsync<ConsulException>(() => GetAsync(client));
        Assert.StartsWith(name == "redirect" ? "Consul at" : "", error.Message, StringComparison.Ordinal);

        wrong = false;
        Assert.Single((await GetAsync(client)).Entries);
    }

    [Theory]
    [Trait("Scenario", "D09")]
    [InlineData("hang")]
    [InlineData("half an answer")]
    public async Task GetHealth_OfAnAnswerThatDoesNotEnd_IsGivenUpByTheTimerThatCoversTheBody(string kind)
    {
        await using var consul = new ScriptedConsul(_ => kind == "hang" ? ScriptedConsulReply.Hang() : ScriptedConsulReply.Stall(Good[..20]));
        var time = new FakeTimeProvider();
        var options = Options(o => o.Address = consul.Address);
        using var client = new ConsulClient(new ConsulTransport(options, time), options);
        var asking = GetAsync(client);
        await UntilAsync(() => consul.InFlight == 1);
        time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(asking.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.2));

        var error = await Assert.ThrowsAsync<ConsulException>(() => asking.WithinHangLimit());
        Assert.Equal(ConsulFailure.TimedOut, error.Failure);
        Assert.IsType<TimeoutException>(error.InnerException);
        await UntilAsync(() => consul.InFlight == 0);
    }

    [Theory]
    [Trait("Scenario", "D11")]
    [Trait("Scenario", "S26")]
    [InlineData("[", "{},")]
    [InlineData("[{\"Node\":{\"Node\":\"", "xxxxxxxxxxxxxxxx")]
    [InlineData("[{\"New\":[", "0,")]
    [InlineData("", " ")]
    public async Task GetHealth_OfAnEndlessAnswer_CutsTheConnectionAtTheLimit(string start, string repeated)
    {
        var sent = 0L;
        await using var consul = new ScriptedConsul(_ => ScriptedConsulReply.Endless(start, repeated, total => Interlocked.Exchange(ref sent, total)));
        const int limit = 1024 * 1024;
        using var client = Client(consul, options => options.MaxResponseBytes = limit);
        var error = await Assert.ThrowsAsync<ConsulException>(() => GetAsync(client).WithinHangLimit());

        Assert.Equal(ConsulFailure.TooLarge, error.Failure);
        await UntilAsync(() => consul.InFlight == 0);

        // What the kernel's buffers on both sides took is sent but not read.
        Assert.InRange(Interlocked.Read(ref sent), limit / 2, limit + (16 * 1024 * 1024));
    }

    [Fact]
    [Trait("Scenario", "D15")]
    public async Task GetHealth_OfAListThatComesInManyPieces_ReadsOddMembersAnywhereInIt()
    {
        var rows = Enumerable.Range(1, 2000).Select(i =>
        {
            var row = Row($"i{i}", i);
            row["Service"]!["Tags"] = i % 3 == 0 ? null : new JsonArray("x", null, new JsonArray(1, 2));
            row["Service"]!["Meta"] = i % 4 == 0 ? "none" : new JsonObject { ["zone"] = "z", ["odd"] = new JsonObject { ["a"] = 1 } };
            row["Service"]!["Weights"]!["Passing"] = i % 5 == 0 ? new JsonArray(7) : i;
            row["Service"]!["Address"] = i % 6 == 0 ? new JsonObject { ["deep"] = new JsonArray() } : "10.0.0.1";
            return row;
        });
        var body = Rows([.. rows]);
        await using var consul = new ScriptedConsul(_ => ScriptedConsulReply.Json(body, 9));
        using var client = Client(consul);
        var snapshot = SnapshotReader.Read((await GetAsync(client)).Entries, "orders", allowSpecialAddresses: false);

        Assert.Equal(2000, snapshot.Instances.Count);
        Assert.Empty(snapshot.Dropped);
    }

    [Fact]
    [Trait("Scenario", "S27")]
    public async Task GetHealth_OfTypeNamesInTheData_LoadsNoType()
    {
        await using var consul = new ScriptedConsul(_ => ScriptedConsulReply.Json("""[{"$type":"System.Diagnostics.Process, System","Service":{"$type":"x","$id":"1","ID":"a","Service":"orders"},"Node":{"$ref":"1"}}]""", 9));
        using var client = Client(consul);

        Assert.Equal("a", Assert.Single((await GetAsync(client)).Entries)!.Service!.Id);
    }

    [Theory]
    [Trait("Scenario", "S25")]
    [InlineData("a/../../kv/x", "/v1/health/service/a%2F..%2F..%2Fkv%2Fx")]
    [InlineData("a?token=x&b", "/v1/health/service/a%3Ftoken%3Dx%26b")]
    [InlineData("a#b", "/v1/health/service/a%23b")]
    [InlineData("%2e%2e", "/v1/health/service/%252e%252e")]
    [InlineData("a\r\nX: y", "/v1/health/service/a%0D%0AX%3A%20y")]
    [InlineData("a b\u00fc", "/v1/health/service/a%20b%C3%BC")]
    [InlineData("http://h", "/v1/health/service/http%3A%2F%2Fh")]
    public async Task GetHealth_OfAnyName_AsksForOneSegment(string name, string target)
    {
        await using var consul = new ScriptedConsul(_ => ScriptedConsulReply.Json("[]", 9));
        using var client = Client(consul);
        await client.GetHealthAsync(new HealthQuery(name), 0, TimeSpan.FromSeconds(5), Cancel);

        Assert.Equal(target, Assert.Single(consul.Requests).Target);
    }

    [Theory]
    [Trait("Scenario", "S25")]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    public async Task GetHealth_OfANameThatIsAStepInThePath_Refuses(string name)
    {
        await using var consul = new ScriptedConsul(_ => ScriptedConsulReply.Json("[]", 9));
        using var client = Client(consul);
        await Assert.ThrowsAsync<ArgumentException>(() => client.GetHealthAsync(new HealthQuery(name), 0, TimeSpan.FromSeconds(5), Cancel));

        Assert.Empty(consul.Requests);
    }

    [Fact]
    public async Task GetHealth_SendsEveryOptionAsAQueryValueAndThePrefixOfTheAddress()
    {
        await using var consul = new ScriptedConsul(_ => ScriptedConsulReply.Json("[]", 9));
        using var client = Client(consul, options =>
        {
            options.Address += "/consul";
            options.Namespace = "team a";
            options.Partition = "p";
            options.ReadMode = ConsulReadMode.Stale;
        });
        await client.GetHealthAsync(new HealthQuery("orders", "dc2", "Service.Meta.zone == \"a&b\""), 7, TimeSpan.FromSeconds(1.5), Cancel);

        Assert.Equal(
            "/consul/v1/health/service/orders?ns=team%20a&partition=p&dc=dc2&filter=Service.Meta.zone%20%3D%3D%20%22a%26b%22&stale&index=7&wait=1500ms",
            Assert.Single(consul.Requests).Target);
    }

    [Fact]
    public async Task Cancelling_EndsTheCallWithTheCallersToken()
    {
        await using var consul = new ScriptedConsul(_ => ScriptedConsulReply.Hang());
        using var client = Client(consul);
        using var caller = new CancellationTokenSource();
        var asking = client.GetAgentAsync(caller.Token);
        await UntilAsync(() => consul.InFlight == 1);
        await caller.CancelAsync();

        Assert.Equal(caller.Token, (await Assert.ThrowsAsync<OperationCanceledException>(() => asking)).CancellationToken);
    }

    [Fact]
    public async Task Register_SendsOnlyWhatIsSet()
    {
        await using var consul = new ScriptedConsul(_ => ScriptedConsulReply.Status(200, ""));
        using var client = Client(consul);
        await client.RegisterServiceAsync(new AgentServiceRegistration
        {
            Id = "web-1",
            Name = "web",
            Port = 80,
            Meta = new Dictionary<string, string> { ["zone"] = "a" },
            Check = new AgentServiceCheck { CheckId = "web-1:ttl", Ttl = GoDuration.Format(TimeSpan.FromSeconds(30)) },
        }, Cancel);

        var request = Assert.Single(consul.Requests);
        Assert.Equal(("PUT", "/v1/agent/service/register?replace-existing-checks=true"), (request.Method, request.Target));
        Assert.Equal("""{"ID":"web-1","Name":"web","Port":80,"Meta":{"zone":"a"},"Check":{"CheckID":"web-1:ttl","TTL":"30s"}}""", request.Body);
        Assert.Equal("application/json", request.Headers["Content-Type"]);
    }

    [Theory]
    [InlineData(200, "", true)]
    [InlineData(500, "CheckID \"x\" does not have associated TTL", false)]
    [InlineData(404, "Unknown check ID \"x\". Ensure that the check ID is passed, not the check name.", false)]
    public async Task UpdateCheck_TellsWhetherTheAgentKnowsTheCheck(int status, string text, bool known)
    {
        await using var consul = new ScriptedConsul(_ => ScriptedConsulReply.Status(status, text));
        using var client = Client(consul);

        Assert.Equal(known, await client.UpdateCheckAsync("a/b", CheckStatus.Warning, "degraded", Cancel));
        Assert.Equal("/v1/agent/check/update/a%2Fb", consul.Requests.Single().Target);
        Assert.Equal("""{"Status":"warning","Output":"degraded"}""", consul.Requests.Single().Body);
    }

    [Theory]
    [InlineData(200, "")]
    [InlineData(404, "Unknown service ID \"web-1\"")]
    [InlineData(500, "Unknown service {\"web-1\" {}}")]
    public async Task Deregister_OfAnInstanceThatIsGone_IsDone(int status, string text)
    {
        await using var consul = new ScriptedConsul(_ => ScriptedConsulReply.Status(status, text));
        using var client = Client(consul);
        await client.DeregisterServiceAsync("web-1", Cancel);

        Assert.Equal("/v1/agent/service/deregister/web-1", consul.Requests.Single().Target);
    }

    [Fact]
    public async Task Maintenance_TellsWhetherTheAgentKnowsTheInstance()
    {
        await using var consul = new ScriptedConsul(request => ScriptedConsulReply.Status(request.Path.EndsWith("web-1", StringComparison.Ordinal) ? 200 : 404, ""));
        using var client = Client(consul);

        Assert.True(await client.SetMaintenanceAsync("web-1", true, "drain & stop", Cancel));
        Assert.False(await client.SetMaintenanceAsync("web-2", false, null, Cancel));
        Assert.Equal(
            ["/v1/agent/service/maintenance/web-1?enable=true&reason=drain%20%26%20stop", "/v1/agent/service/maintenance/web-2?enable=false"],
            consul.Requests.Select(request => request.Target));
    }

    [Fact]
    public async Task GetAgent_ReadsWhoTheAgentIs()
    {
        await using var consul = new ScriptedConsul(_ => ScriptedConsulReply.Json("""{"Config":{"Datacenter":"dc1","NodeName":"fc1","Version":"1.8.7","Server":false},"DebugConfig":{"x":[1]},"Meta":{"zone":"eu-1a"}}""", null));
        using var client = Client(consul);
        var agent = await client.GetAgentAsync(Cancel);

        Assert.Equal(("fc1", "dc1", "1.8.7", "eu-1a"), (agent.Config!.NodeName, agent.Config.Datacenter, agent.Config.Version, agent.Meta!["zone"]));
    }

    [Fact]
    public async Task AnError_TellsStatusAndTheStartOfItsTextOnOneLine()
    {
        await using var consul = new ScriptedConsul(_ => ScriptedConsulReply.Status(500, "No cluster\r\n\u001b[31mleader " + new string('x', 1000)));
        using var client = Client(consul);
        var error = await Assert.ThrowsAsync<ConsulException>(() => client.GetAgentAsync(Cancel));

        Assert.Equal((HttpStatusCode.InternalServerError, ConsulFailure.ServerError), (error.StatusCode, error.Failure));
        Assert.Contains("answered 500 to GET /v1/agent/self: No cluster", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(error.Message, char.IsControl);
        Assert.InRange(error.Message.Length, 200, 300);
    }

    private static Task<HealthAnswer> GetAsync(ConsulClient client) => client.GetHealthAsync(new HealthQuery("orders"), 0, TimeSpan.FromSeconds(55), Cancel);

    private static byte[] Gzip(string text)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return buffer.ToArray();
    }
}
