using System.Net.Security;
using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Scenarios.Tests.Endpoints;

/// <summary>One of four endpoints with whom no TLS handshake succeeds.</summary>
public sealed class TlsScenarios : IDisposable
{
    private readonly TestCertificates _certificates = new();
    private readonly TestCertificates _others = new("Somebody else");

    [Theory]
    [InlineData("wrong host")]
    [InlineData("expired")]
    [InlineData("unknown authority")]
    [InlineData("self-signed")]
    [InlineData("hang")]
    [InlineData("garbage")]
    [InlineData("reset")]
    public async Task E18_E19_WhenOneOfFourFailsItsHandshake_NoRequestReachesItAndCallsGoElsewhere(string kind)
    {
        var good = TlsFault.Present(_certificates.Issue("127.0.0.1"));
        await using var first = new TlsFaultServer(good);
        await using var second = new TlsFaultServer(good);
        await using var third = new TlsFaultServer(good);
        await using var bad = new TlsFaultServer(FaultOf(kind));
        await using var run = new ScenarioRun([first.Address, second.Address, third.Address, bad.Address], Trusting());

        await OpenConnectionsAsync(run);
        var load = await run.LoadAsync(seconds: 1);
        var posts = await run.LoadAsync(seconds: 0.5, inFull: 10, static () => new HttpRequestMessage(HttpMethod.Post, "/") { Content = new StringContent("an order") });

        load.AssertGoodput(0.995);
        posts.AssertGoodput(0.995);
        Assert.Equal(0, bad.Counts.Requests);
        Assert.True(run.Calls.Sum(call => call.AttemptsTo(bad.Address)) > 0, "The bad endpoint was never tried.");
        await ScenarioRun.AssertLeftAloneAsync(bad.Counts);
        await run.AssertInvariantsAsync([first.Counts, second.Counts, third.Counts, bad.Counts]);
    }

    [Fact]
    public async Task E18_WhenTheOnlyEndpointHasABadCertificate_TheErrorSaysSo()
    {
        await using var bad = new TlsFaultServer(FaultOf("expired"));
        await using var run = new ScenarioRun([bad.Address], Trusting(ScenarioSettings.Unhurried));

        var call = await run.GetAsync();

        Assert.Equal(OutcomeReason.TlsFailed, call.Report?.Reason);
        Assert.Contains(ScenarioRun.Causes(call.Error), cause => cause is System.Security.Authentication.AuthenticationException);
        Assert.Equal(0, bad.Counts.Requests);
        await run.AssertInvariantsAsync([bad.Counts]);
    }

    // The stock handler's connect time-out is on the real clock: one by one, handshakes do not wait for a processor that hundreds of them want at once.
    private static async Task OpenConnectionsAsync(ScenarioRun run)
    {
        for (var call = 0; call < 20; call++)
        {
            await run.GetAsync();
        }
    }

    public void Dispose()
    {
        _certificates.Dispose();
        _others.Dispose();
    }

    // The scheme of a service's address is that of its endpoints.
    private ScenarioSettings Trusting(ScenarioSettings? settings = null) => (settings ?? new()) with
    {
        Client = client => client
            .ConfigureHttpClient(http => http.BaseAddress = new Uri($"https://{ScenarioRun.Service}"))
            .UseSocketsHttpHandler((handler, _) => handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = _certificates.TrustOnlyThis() }),
    };

    private TlsFault FaultOf(string kind) => kind switch
    {
        "wrong host" => TlsFault.Present(_certificates.Issue("elsewhere.test")),
        "expired" => TlsFault.Present(_certificates.Issue("127.0.0.1", expired: true)),
        "unknown authority" => TlsFault.Present(_others.Issue("127.0.0.1")),
        "self-signed" => TlsFault.Present(_certificates.IssueSelfSigned("127.0.0.1")),
        "hang" => TlsFault.Hang,
        "garbage" => TlsFault.Garbage,
        _ => TlsFault.Reset,
    };
}
