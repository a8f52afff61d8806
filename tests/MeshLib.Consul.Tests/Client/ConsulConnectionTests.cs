using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MeshLib.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using static MeshLib.Consul.Tests.TestConsul;

namespace MeshLib.Consul.Tests;

/// <summary>TLS and socket files.</summary>
public sealed class ConsulConnectionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("consul-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    [Trait("Scenario", "D08")]
    public async Task AConnectionOnWhichAQueryBlocks_IsProbedByTheSystem()
    {
        await using var consul = new ScriptedConsul(static _ => ScriptedConsulReply.Hang());
        using var client = Client(consul);
        using var end = new CancellationTokenSource();
        var blocked = client.GetHealthAsync(new HealthQuery("orders"), 42, TimeSpan.FromSeconds(55), end.Token);
        await UntilAsync(() => consul.InFlight == 1);

        // Columns of proc_net_tcp(5): remote address and port, state (1 is established), queues, timer (2 is keep-alive).
        var remote = $":{new Uri(consul.Address).Port:X4}";
        await UntilAsync(() => File.ReadLines("/proc/net/tcp6").Concat(File.ReadLines("/proc/net/tcp"))
            .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Any(columns => columns[2].EndsWith(remote, StringComparison.Ordinal) && columns[3] == "01" && columns[5].StartsWith("02:", StringComparison.Ordinal)));
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => blocked);
    }

    [Theory]
    [Trait("Scenario", "S30")]
    [InlineData("nothing", "127.0.0.1", false)]
    [InlineData("authority", "127.0.0.1", true)]
    [InlineData("folder", "127.0.0.1", true)]
    [InlineData("authority", "consul.internal", false)]
    [InlineData("server name", "consul.internal", true)]
    [InlineData("other authority", "127.0.0.1", false)]
    [InlineData("no verification", "consul.internal", true)]
    public async Task AnAgentOverTls_IsTrustedOnlyAsFarAsTheOptionsSay(string trust, string certificateName, bool works)
    {
        using var certificate = SelfSigned(certificateName);
        using var other = SelfSigned(certificateName);
        await using var agent = await StartAsync(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        var options = Options(o =>
        {
            o.Address = AddressOf(agent);
            o.Tls.CaFile = trust switch
            {
                "authority" or "server name" => Write(certificate),
                "other authority" => Write(other),
                _ => null,
            };
            o.Tls.CaPath = trust == "folder" ? Path.GetDirectoryName(Write(certificate)) : null;
            o.Tls.ServerName = trust == "server name" ? "consul.internal" : null;
            o.Tls.Verify = trust == "no verification" ? false : null;
        });
        using var client = new ConsulClient(new ConsulTransport(options, TimeProvider.System), options);
        if (works)
        {
            Assert.Equal("tls", (await client.GetAgentAsync(Cancel)).Config!.NodeName);
        }
        else
        {
            Assert.Equal(HttpRequestError.SecureConnectionError, (await Assert.ThrowsAsync<ConsulException>(() => client.GetAgentAsync(Cancel))).HttpRequestError);
        }
    }

    [Fact]
    [Trait("Scenario", "S30")]
    public void SwitchingVerificationOff_IsLogged()
    {
        using var logs = new CapturedLogs();
        var services = new ServiceCollection();
        services.AddLogging(builder => builder.AddProvider(logs));
        services.AddConsulClient(options => options.Tls.Verify = false);
        using var host = services.BuildServiceProvider();
        host.GetRequiredService<ConsulClient>();

        Assert.Equal(1, logs.Count(2020));
    }

    [Fact]
    public async Task AClientCertificate_IsShown()
    {
        using var certificate = SelfSigned("127.0.0.1");
        await using var agent = await StartAsync(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(https =>
        {
            https.ServerCertificate = certificate;
            https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            https.ClientCertificateValidation = (shown, _, _) => shown.Thumbprint == certificate.Thumbprint;
        })));
        var key = Path.Combine(_folder, "key.pem");
        await File.WriteAllTextAsync(key, certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem(), Cancel);
        var options = Options(o => (o.Address, o.Tls.CaFile, o.Tls.ClientCertificate, o.Tls.ClientKey) = (AddressOf(agent), Write(certificate), Write(certificate), key));
        using var client = new ConsulClient(new ConsulTransport(options, TimeProvider.System), options);

        Assert.Equal("tls", (await client.GetAgentAsync(Cancel)).Config!.NodeName);
    }

    [Fact]
    public async Task ASocketFile_IsConnectedTo()
    {
        var path = Path.Combine(_folder, "Http.sock");
        await using var agent = await StartAsync(kestrel => kestrel.ListenUnixSocket(path));
        var options = Options(o => o.Address = "unix://" + path);
        using var client = new ConsulClient(new ConsulTransport(options, TimeProvider.System), options);

        Assert.Equal("tls", (await client.GetAgentAsync(Cancel)).Config!.NodeName);
    }

    private static async Task<WebApplication> StartAsync(Action<KestrelServerOptions> listen)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(listen);
        var agent = builder.Build();
        agent.Run(context =>
        {
            context.Response.ContentType = "application/json";
            return context.Response.WriteAsync("""{"Config":{"NodeName":"tls"}}""");
        });
        await agent.StartAsync(Cancel);
        return agent;
    }

    private static string AddressOf(WebApplication agent) =>
        agent.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    private string Write(X509Certificate2 certificate)
    {
        var file = Path.Combine(_folder, $"{certificate.Thumbprint}.pem");
        File.WriteAllText(file, certificate.ExportCertificatePem());
        return file;
    }

    private static X509Certificate2 SelfSigned(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=agent", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(name, out var address))
        {
            names.AddIpAddress(address);
        }
        else
        {
            names.AddDnsName(name);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
