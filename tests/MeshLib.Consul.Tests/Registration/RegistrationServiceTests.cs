using MeshLib.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace MeshLib.Consul.Tests;

/// <summary>When the registration begins and ends in the life of a host.</summary>
public class RegistrationServiceTests
{
    [Fact]
    [Trait("Scenario", "L17")]
    public async Task Service_BeforeTheServerListens_RegistersNothing()
    {
        using var registration = new VirtualRegistration();
        using var service = new RegistrationService(registration.Loop, TimeSpan.Zero, registration.Time);
        await service.StartedAsync(CancellationToken.None);
        await registration.Listen.Asked.WithinHangLimit();
        Assert.Empty(registration.Requests);

        registration.Listen.Set("http://10.0.0.1:8080");
        await Eventually.BecomesTrueAsync(() => registration.Agent.Ids.Count == 1);
        await service.StoppingAsync(CancellationToken.None);
    }

    [Fact]
    [Trait("Scenario", "L01")]
    public async Task Service_WhenTheHostStops_LetsTheServerGoOnUntilTheNewsHasSpread()
    {
        using var registration = new VirtualRegistration();
        using var service = await StartedAsync(registration);

        var stopping = service.StoppingAsync(CancellationToken.None);
        await Eventually.BecomesTrueAsync(() => registration.Agent.Ids.Count == 0);
        registration.Advance(1.95);
        Assert.False(stopping.IsCompleted);
        registration.Advance(0.1);
        await stopping.WithinHangLimit();
    }

    [Fact]
    [Trait("Scenario", "L02")]
    public async Task Service_WhenConsulCouldNotBeTold_DoesNotWaitForNewsThatNobodyGets()
    {
        using var registration = new VirtualRegistration();
        using var service = await StartedAsync(registration);
        registration.Agent.Down = true;
        await service.StoppingAsync(CancellationToken.None).WithinHangLimit();
    }

    [Fact]
    public async Task Service_WhoseHostIsInAHurry_EndsItsWaitWithoutAnError()
    {
        using var registration = new VirtualRegistration();
        using var service = await StartedAsync(registration);
        using var hurry = new CancellationTokenSource();
        var stopping = service.StoppingAsync(hurry.Token);
        await Eventually.BecomesTrueAsync(() => registration.Agent.Ids.Count == 0);
        await hurry.CancelAsync();
        await stopping.WithinHangLimit();
    }

    [Theory]
    [InlineData("Mesh:Consul:Enabled", "false")]
    [InlineData("Mesh:Registration:Enabled", "false")]
    [InlineData("Mesh:Zone", "z1")]
    public async Task Worker_ThatIsNotToldTo_DoesNotRegister(string key, string value)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration[key] = value;
        if (key != "Mesh:Zone")
        {
            builder.Configuration["Mesh:Registration:Port"] = "8080";
        }

        await using var consul = new ScriptedConsul(static _ => ScriptedConsulReply.Json("[]", 1));
        builder.Configuration["Mesh:Consul:Address"] = consul.Address;
        builder.Services.AddConsulRegistration();
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        await host.StopAsync(TestContext.Current.CancellationToken);
        Assert.Empty(consul.Requests);
    }

    [Fact]
    public async Task Worker_WithAPort_Registers()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        await using var consul = new ScriptedConsul(static _ => ScriptedConsulReply.Json("{}", 1));
        builder.Configuration["Mesh:Consul:Address"] = consul.Address;
        builder.Configuration["Mesh:ServiceName"] = "worker";
        builder.Configuration["Mesh:Registration:Port"] = "8080";
        builder.Configuration["Mesh:Registration:DrainDelay"] = "00:00:00";
        builder.Services.AddConsulRegistration();
        builder.Services.AddConsulRegistration();
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        await Eventually.BecomesTrueAsync(() => consul.Requests.Any(static request => request.Path == "/v1/agent/service/register"));
        await host.StopAsync(TestContext.Current.CancellationToken);

        var body = consul.Requests.First(static request => request.Path == "/v1/agent/service/register").Body;
        Assert.Contains("\"Name\":\"worker\"", body, StringComparison.Ordinal);
        Assert.DoesNotContain("\"Address\"", body, StringComparison.Ordinal);
        Assert.Single(consul.Requests, static request => request.Path.Contains("deregister", StringComparison.Ordinal));
    }

    private static async Task<RegistrationService> StartedAsync(VirtualRegistration registration)
    {
        registration.Listen.Set("http://10.0.0.1:8080");
        var service = new RegistrationService(registration.Loop, TimeSpan.FromSeconds(2), registration.Time);
        await service.StartedAsync(CancellationToken.None);
        await Eventually.BecomesTrueAsync(() => registration.Status.Current.State is RegistrationState.Registered);
        return service;
    }
}
