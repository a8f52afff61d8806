using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace MeshLib.Consul.Tests;

/// <summary>Where options come from, and what is said about bad ones.</summary>
public class ConsulOptionsTests
{
    [Fact]
    public void Options_WhereNothingIsSet_AreConsulsOwnDefaults()
    {
        var options = Resolve([], []);

        Assert.True(options.Enabled);
        Assert.Equal("http://127.0.0.1:8500", options.Address);
        Assert.Equal((TimeSpan.FromSeconds(55), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(3)), (options.Wait, options.EmptyGrace, options.FirstAnswerTimeout));
        Assert.Equal((ConsulReadMode.Default, 33554432, 128), (options.ReadMode, options.MaxResponseBytes, options.MaxWatches));
        Assert.True(options.Tls.Verify);
    }

    [Fact]
    public void Options_TakeTheValueThatIsNearestToOperations()
    {
        var options = Resolve(
            new() { ["CONSUL_HTTP_ADDR"] = "env:1", ["CONSUL_HTTP_TOKEN"] = "env-token", ["CONSUL_NAMESPACE"] = "env-ns", ["CONSUL_PARTITION"] = "env-p" },
            new() { ["Address"] = "http://configured:3", ["Datacenter"] = "dc-configured", ["Token"] = "" },
            code: o => (o.Address, o.Token, o.Namespace, o.Datacenter) = ("http://code:2", "code-token", "code-ns", "dc-code"));

        Assert.Equal(("http://configured:3", "code-token", "code-ns", "dc-configured", "env-p"), (options.Address, options.Token, options.Namespace, options.Datacenter, options.Partition));
    }

    [Fact]
    public void Options_ReadEveryMemberOfTheSection()
    {
        var options = Resolve([], new()
        {
            ["enabled"] = "false",
            ["Wait"] = "00:00:20",
            ["EmptyGrace"] = "00:01:00",
            ["ReadMode"] = "cached",
            ["MaxResponseBytes"] = "70000",
            ["FirstAnswerTimeout"] = "00:00:01",
            ["MaxWatches"] = "7",
            ["AllowSpecialAddresses"] = "true",
            ["Filter"] = "Service.Port == 1",
            ["BasicAuthentication"] = "u:p",
            ["ScaleToZero:0"] = "a",
            ["ScaleToZero:1"] = "b",
            ["Tls:Verify"] = "false",
            ["Tls:ServerName"] = "consul.internal",
        });

        Assert.False(options.Enabled);
        Assert.Equal((20, 60, 1), (options.Wait.TotalSeconds, options.EmptyGrace.TotalSeconds, options.FirstAnswerTimeout.TotalSeconds));
        Assert.Equal((ConsulReadMode.Cached, 70000, 7, true), (options.ReadMode, options.MaxResponseBytes, options.MaxWatches, options.AllowSpecialAddresses));
        Assert.Equal(("Service.Port == 1", "u:p"), (options.Filter, options.BasicAuthentication));
        Assert.Equal(["a", "b"], options.ScaleToZero);
        Assert.Equal((false, "consul.internal"), (options.Tls.Verify!.Value, options.Tls.ServerName));
    }

    [Theory]
    [InlineData("host:9", null, "http://host:9/", null)]
    [InlineData("host:9", "true", "https://host:9/", null)]
    [InlineData("http://host:9", "1", "https://host:9/", null)]
    [InlineData("https://host", "false", "https://host/", null)]
    [InlineData("http://host:9/consul", null, "http://host:9/consul/", null)]
    [InlineData("unix:///run/Consul/Http.sock", null, "http://localhost/", "/run/Consul/Http.sock")]
    [InlineData("[::1]:9", null, "http://[::1]:9/", null)]
    public void Environment_NamesTheAddressInEveryForm(string address, string? ssl, string expected, string? socket)
    {
        var options = Resolve(new() { ["CONSUL_HTTP_ADDR"] = address, ["CONSUL_HTTP_SSL"] = ssl }, []);

        Assert.True(ConsulAddress.TryParse(options.Address, out var parsed, out _));
        Assert.Equal((expected, socket), (parsed.Base.AbsoluteUri, parsed.SocketPath));
    }

    [Fact]
    public void Environment_OfATokenFile_IsNotMixedWithATokenFromElsewhere()
    {
        var both = new Dictionary<string, string?> { ["CONSUL_HTTP_TOKEN"] = "t", ["CONSUL_HTTP_TOKEN_FILE"] = typeof(ConsulOptions).Assembly.Location };

        Assert.Null(Resolve(both, []).Token);
        Assert.Null(Resolve(both, new() { ["Token"] = "own" }).TokenFile);
        Assert.Null(Resolve([], new() { ["TokenFile"] = typeof(ConsulOptions).Assembly.Location }, code: o => o.Token = "code").Token);
    }

    [Theory]
    [InlineData("Wait", "00:20:00", "Mesh:Consul:Wait is 00:20:00; allowed is 00:00:01 to 00:10:00.")]
    [InlineData("Wait", "soon", "Mesh:Consul:Wait is 'soon'; allowed is a duration such as 00:00:30.")]
    [InlineData("EmptyGrace", "-00:00:01", "Mesh:Consul:EmptyGrace is -00:00:01; allowed is 00:00:00 to 01:00:00.")]
    [InlineData("MaxWatches", "500", "Mesh:Consul:MaxWatches is 500; allowed is 1 to 190.")]
    [InlineData("MaxResponseBytes", "1", "Mesh:Consul:MaxResponseBytes is 1; allowed is 65536 to 1073741824.")]
    [InlineData("MaxResponseBytes", "big", "Mesh:Consul:MaxResponseBytes is 'big'; allowed is a whole number.")]
    [InlineData("ReadMode", "eventual", "Mesh:Consul:ReadMode is 'eventual'; allowed is Default, Stale, Cached.")]
    [InlineData("ReadMode", "7", "Mesh:Consul:ReadMode is '7'; allowed is Default, Stale, Cached.")]
    [InlineData("Enabled", "yes", "Mesh:Consul:Enabled is 'yes'; allowed is true or false.")]
    [InlineData("Adress", "x", "Mesh:Consul:Adress is not known; the nearest known name is 'Address'.")]
    [InlineData("Tls:ServerNmae", "x", "Mesh:Consul:Tls:ServerNmae is not known; the nearest known name is 'ServerName'.")]
    [InlineData("Tls:CaFile", "/nowhere/ca.pem", "Mesh:Consul:Tls:CaFile is '/nowhere/ca.pem', which does not exist or cannot be read.")]
    [InlineData("Address", "ftp://x", "Mesh:Consul:Address is not an address;")]
    [InlineData("Address", "unix://relative", "Mesh:Consul:Address names no absolute path of a socket;")]
    [InlineData("Address", "http://u:p@x", "Mesh:Consul:Address holds user information,")]
    public void Validation_NamesPathValueAndRange(string key, string value, string message)
    {
        var error = Assert.Throws<OptionsValidationException>(() => Resolve([], new() { [key] = value }));

        Assert.Contains(error.Failures, failure => failure.StartsWith(message, StringComparison.Ordinal));
    }

    [Fact]
    public void Validation_TellsEveryMistakeAndNoSecret()
    {
        var error = Assert.Throws<OptionsValidationException>(() => Resolve(
            new() { ["CONSUL_HTTP_SSL_VERIFY"] = "perhaps" },
            new() { ["Token"] = "secret\r\nX: y", ["BasicAuthentication"] = "secretwithoutcolon", ["MaxWatches"] = "0", ["Address"] = "http://user:secret@host" }));

        Assert.Equal(5, error.Failures.Count());
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AddConsul_Twice_KeepsBothDelegatesAndOneProvider()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddConsulServiceEndpointProvider(options => options.MaxWatches = 5);
        services.AddConsulServiceEndpointProvider(options => options.Datacenter = "dc2");
        using var host = services.BuildServiceProvider();
        var options = host.GetRequiredService<IOptions<ConsulOptions>>().Value;

        Assert.Equal((5, "dc2"), (options.MaxWatches, options.Datacenter));
        Assert.Single(host.GetServices<Microsoft.Extensions.ServiceDiscovery.IServiceEndpointProviderFactory>().OfType<ConsulEndpointProviderFactory>());
    }

    [Fact]
    public async Task Reload_IsToldOnceForEachChangeAndShowsNoValue()
    {
        using var logs = new CapturedLogs();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create<string, string?>("Mesh:Consul:Wait", "00:00:20")]).Build();
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration);
        services.AddLogging(builder => builder.AddProvider(logs));
        services.AddConsulClient();
        await using var host = services.BuildServiceProvider();
        foreach (var service in host.GetServices<IHostedService>())
        {
            await service.StartAsync(TestContext.Current.CancellationToken);
        }

        configuration.Reload();
        Set("Mesh:Defaults:Timeout", "00:00:01");
        Assert.Equal(0, logs.Count(2022));

        Set("Mesh:Consul:Token", "secret");
        configuration.Reload();
        Assert.Contains("Mesh:Consul:Token", Assert.Single(logs.Entries, static entry => entry.Id == 2022).Text, StringComparison.Ordinal);

        Set("Mesh:Registration:Tags:0", "blue");
        Assert.Equal(2, logs.Count(2022));
        Assert.DoesNotContain(logs.Entries, static entry => entry.Text.Contains("secret", StringComparison.Ordinal));

        void Set(string key, string value)
        {
            configuration[key] = value;
            configuration.Reload();
        }
    }

    private static ConsulOptions Resolve(Dictionary<string, string?> environment, Dictionary<string, string?> section, Action<ConsulOptions>? code = null)
    {
        var services = new ServiceCollection();
        services.AddSingleton(new ConsulEnvironment(name => environment.GetValueOrDefault(name)));
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(section.Select(pair => KeyValuePair.Create("Mesh:Consul:" + pair.Key, pair.Value))).Build());
        services.AddConsulClient(code);
        using var host = services.BuildServiceProvider();
        return host.GetRequiredService<IOptions<ConsulOptions>>().Value;
    }
}
