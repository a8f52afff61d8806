namespace MeshLib.Scenarios.Tests.Kit;

public class TlsFaultServerTests
{
    [Fact]
    public async Task GoodCertificate_FromATrustedAuthority_IsAccepted()
    {
        using var certificates = new TestCertificates();
        await using var server = new TlsFaultServer(TlsFault.Present(certificates.Issue("127.0.0.1")));
        using var client = PlainClient.NewTls(server.Address, certificates);

        Assert.Equal("ok", await client.GetStringAsync("/").WithinHangLimit());
        Assert.Equal(1, server.Counts.Requests);
    }

    [Theory]
    [InlineData("wrong host")]
    [InlineData("expired")]
    [InlineData("unknown authority")]
    [InlineData("self-signed")]
    [InlineData("garbage")]
    [InlineData("reset")]
    public async Task BadHandshake_SeenByAPlainClient_IsASecureConnectionErrorBeforeAnyRequest(string kind)
    {
        using var certificates = new TestCertificates();
        using var others = new TestCertificates("Somebody else");
        await using var server = new TlsFaultServer(kind switch
        {
            "wrong host" => TlsFault.Present(certificates.Issue("elsewhere.test")),
            "expired" => TlsFault.Present(certificates.Issue("127.0.0.1", expired: true)),
            "unknown authority" => TlsFault.Present(others.Issue("127.0.0.1")),
            "self-signed" => TlsFault.Present(certificates.IssueSelfSigned("127.0.0.1")),
            "garbage" => TlsFault.Garbage,
            _ => TlsFault.Reset,
        });
        using var client = PlainClient.NewTls(server.Address, certificates);

        Assert.Equal(HttpRequestError.SecureConnectionError, await client.ErrorOfGetAsync().WithinHangLimit());
        Assert.Equal(0, server.Counts.Requests);
    }

    [Fact]
    public async Task HandshakeHang_SeenByAPlainClient_IsCoveredByItsConnectTimeout()
    {
        await using var server = new TlsFaultServer(TlsFault.Hang);
        using var client = PlainClient.New(server.Address, configure: handler => handler.ConnectTimeout = TimeSpan.FromMilliseconds(200));

        var exception = await Assert.ThrowsAsync<TaskCanceledException>(() => client.GetStringAsync("/")).WithinHangLimit();

        Assert.IsType<TimeoutException>(exception.InnerException);
    }
}
