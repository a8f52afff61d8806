using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace MeshLib.Consul.Tests;

public class RegistrationOptionsTests
{
    [Fact]
    public void Options_AreReadFromTheSectionOverCode()
    {
        var options = Read(
            code =>
            {
                code.Port = 1;
                code.Meta["a"] = "code";
                code.Meta["b"] = "code";
                code.Tags = ["code"];
            },
            ("Port", "8080"), ("Address", "10.0.0.1"), ("Tags:0", "v1"), ("Tags:1", "v2"), ("Meta:b", "section"), ("Ttl", "00:01:00"), ("Heartbeat", "00:00:20"),
            ("DeregisterAfter", "00:05:00"), ("DrainDelay", "00:00:05"), ("Id", "slot-1"), ("Enabled", "true"));

        Assert.Equal(8080, options.Port);
        Assert.Equal("10.0.0.1", options.Address);
        Assert.Equal(["v1", "v2"], options.Tags);
        Assert.Equal(["a=code", "b=section"], options.Meta.Select(static pair => $"{pair.Key}={pair.Value}").Order(StringComparer.Ordinal));
        Assert.Equal(TimeSpan.FromMinutes(1), options.Ttl);
        Assert.Equal(TimeSpan.FromSeconds(20), options.Heartbeat);
        Assert.Equal(TimeSpan.FromMinutes(5), options.DeregisterAfter);
        Assert.Equal(TimeSpan.FromSeconds(5), options.DrainDelay);
        Assert.Equal("slot-1", options.Id);
    }

    [Fact]
    public void Options_WrittenOutWithAllTheirDefaults_ChangeNothing()
    {
        var options = Read(null, ("Enabled", "true"), ("Address", null), ("Port", null), ("Tags", ""), ("Meta", ""), ("Ttl", "00:00:30"), ("Heartbeat", "00:00:10"), ("DeregisterAfter", "00:10:00"));
        Assert.Equivalent(new RegistrationOptions(), options);
    }

    [Fact]
    public void Options_WithManyMistakes_AreRefusedWithEveryOneNamed()
    {
        var failure = Assert.Throws<OptionsValidationException>(() => Read(
            static code => code.Meta["long"] = new string('x', 513),
            ("Ttl", "00:00:20"), ("Heartbeat", "00:00:10"), ("DeregisterAfter", "00:00:05"), ("DrainDelay", "02:00:00"), ("Port", "70000"), ("Address", "http://x"),
            ("Adress", "x"), ("Meta:bad.key", "x"), ("Enabled", "maybe")));

        Assert.Equal(
            [
                "Mesh:Registration:Adress is not known; the nearest known name is 'Address'.",
                "Mesh:Registration:Enabled is 'maybe'; allowed is true or false.",
                "Mesh:Registration:DeregisterAfter is 00:00:05; allowed is 00:01:00 to 7.00:00:00.",
                "Mesh:Registration:DrainDelay is 02:00:00; allowed is 00:00:00 to 00:01:00.",
                "Mesh:Registration:Ttl is 00:00:20 with a Heartbeat of 00:00:10; allowed is at least 3 times the heartbeat.",
                "Mesh:Registration:DeregisterAfter is 00:00:05 with a Ttl of 00:00:20; allowed is at least the Ttl.",
                "Mesh:Registration:Port is 70000; allowed is 1 to 65535.",
                "Mesh:Registration:Address is 'http://x'; allowed is an IP address without brackets or a host name, without scheme and port.",
                "Mesh:Registration:Meta:long has 513 characters; allowed are 512.",
                "Mesh:Registration:Meta:bad.key is no name for Consul; allowed are 1 to 128 letters, digits, '-' and '_'.",
            ],
            failure.Failures);
    }

    [Fact]
    public async Task Host_WithMistakesInSeveralSections_NamesThemAllAtOnce()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([
            KeyValuePair.Create<string, string?>("Mesh:Defaults:Timeout", "soon"),
            KeyValuePair.Create<string, string?>("Mesh:Consul:Adress", "http://consul:8500"),
            KeyValuePair.Create<string, string?>("Mesh:Consul:Wait", "00:00:00"),
            KeyValuePair.Create<string, string?>("Mesh:Registration:Port", "0")]);
        builder.Services.AddMesh().AddConsul();
        using var host = builder.Build();

        var mistakes = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => host.StartAsync(TestContext.Current.CancellationToken));

        Assert.Equal(
            ["Mesh:Defaults:Timeout", "Mesh:Consul:Adress", "Mesh:Consul:Wait", "Mesh:Registration:Port"],
            mistakes.Failures.Select(static failure => failure.Split(' ')[0]));
        Assert.Equal(mistakes.Failures, mistakes.Message.Split(Environment.NewLine)[1..]);
    }

    [Fact]
    public void PartsOfConsul_OnTheMesh_AreThoseOnTheServices()
    {
        var services = new ServiceCollection();

        var mesh = services.AddMesh().AddConsulServiceEndpointProvider(static consul => consul.Datacenter = "east").AddConsulRegistration(static registration => registration.Port = 8080);

        Assert.Same(services, mesh.Services);
        using var provider = services.BuildServiceProvider();
        Assert.Equal("east", provider.GetRequiredService<IOptions<ConsulOptions>>().Value.Datacenter);
        Assert.Equal(8080, provider.GetRequiredService<IOptions<RegistrationOptions>>().Value.Port);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("[::1]")]
    public void Options_WithAnAddressAtWhichNobodyElseReachesThisProcess_AreRefused(string address) =>
        Assert.Single(Assert.Throws<OptionsValidationException>(() => Read(null, ("Address", address))).Failures);

    [Fact]
    public void Options_WithALoopbackAddressAndAnAgentOnLoopback_AreTaken() =>
        Assert.Equal("127.0.0.1", Read(null, "http://localhost:8500", ("Address", "127.0.0.1")).Address);

    [Fact]
    public void Options_OfWhatIsSwitchedOff_AreNotChecked() => Assert.False(Read(null, ("Enabled", "false"), ("Port", "0")).Enabled);

    private static RegistrationOptions Read(Action<RegistrationOptions>? code, params (string Key, string? Value)[] section) => Read(code, "http://10.0.0.9:8500", section);

    private static RegistrationOptions Read(Action<RegistrationOptions>? code, string agent, params (string Key, string? Value)[] section)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection(section.Select(static pair => KeyValuePair.Create($"Mesh:Registration:{pair.Key}", pair.Value)))
            .AddInMemoryCollection([KeyValuePair.Create("Mesh:Consul:Address", (string?)agent)])
            .Build());
        services.AddConsulRegistration(code);
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<RegistrationOptions>>().Value;
    }
}
