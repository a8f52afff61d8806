using MeshLib.TestKit;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MeshLib.Consul.Tests;

public class RegistrationLoopTests
{
    [Fact]
    public void Registration_WhenTheServerListens_IsMadeOncePassedAtOnceAndReadBack()
    {
        using var registration = new VirtualRegistration(options => options.Tags.Add("v1"));
        registration.Start();

        Assert.Equal(
            ["/v1/agent/service/register", "/v1/agent/check/update/orders-1%3Attl", "/v1/health/service/orders"],
            registration.Requests.Select(static entry => entry.Request.Path));
        var definition = registration.Agent.DefinitionOf(VirtualRegistration.Id);
        Assert.Equal(
            """{"ID":"orders-1","Name":"orders","Address":"10.0.0.1","Port":8080,"Tags":["v1"],"Meta":{"zone":"z1","version":"1.2.3","scheme":"http"},"Check":{"CheckID":"orders-1:ttl","Name":"heartbeat of the process","TTL":"30s","Status":"passing","DeregisterCriticalServiceAfter":"600s"}}""",
            definition.ToJsonString());
        Assert.Equal(RegistrationState.Registered, registration.Status.Current.State);
        Assert.Single(registration.Logs.WithEvent(2101));
    }

    [Fact]
    public void Heartbeat_WhileAllIsWell_ComesOncePerIntervalAndNothingElseIsWritten()
    {
        using var registration = new VirtualRegistration();
        registration.Start();
        registration.Advance(100.5);

        Assert.Equal([0, .. Enumerable.Range(1, 10).Select(static beat => beat * 10.0)], registration.TimesOf("check/update").Select(static at => Math.Round(at, 1)));
        Assert.Single(registration.TimesOf("register"));
        Assert.Equal(CheckStatus.Passing, registration.Agent.StatusOf(VirtualRegistration.Id));

        // Once after the TTL of whatever was there before, then at that pace.
        Assert.Equal([0, 40, 80], registration.TimesOf("health/service").Select(static at => Math.Round(at, 1)));
    }

    [Theory]
    [InlineData(500)]
    [InlineData(404)]
    [Trait("Scenario", "D27")]
    public void Registration_WhenTheAgentHasForgottenIt_IsMadeAgainAtTheNextHeartbeatUnderTheSameId(int status)
    {
        using var registration = new VirtualRegistration();
        registration.Agent.UnknownCheckStatus = status;
        registration.Start();
        registration.Advance(12);
        registration.Agent.Forget();

        registration.Advance(10);
        Assert.Equal([VirtualRegistration.Id], registration.Agent.Ids);
        Assert.Equal(CheckStatus.Passing, registration.Agent.StatusOf(VirtualRegistration.Id));
        Assert.Single(registration.Logs.WithEvent(2102));
    }

    [Fact]
    [Trait("Scenario", "D27")]
    public void Registration_WhenTheAgentForgetsItAtOnceEveryTime_IsMadeAtMostOncePerSecond()
    {
        using var registration = new VirtualRegistration();
        registration.Agent.Intercept = request => request.Path.Contains("check/update", StringComparison.Ordinal)
            ? ScriptedConsulHandler.Error(500, "CheckID \"orders-1:ttl\" does not have associated TTL")
            : null;
        registration.Start();
        registration.Advance(60);

        var times = registration.TimesOf("register");
        Assert.InRange(times.Count, 30, 61);
        Assert.All(times.Zip(times.Skip(1)), static pair => Assert.InRange(pair.Second - pair.First, 0.999, 60));
    }

    [Fact]
    [Trait("Scenario", "D23")]
    public void Registration_WhileTheAgentIsAway_IsTriedWithGrowingPausesAndMadeWhenItComes()
    {
        using var registration = new VirtualRegistration();
        registration.Agent.Down = true;
        registration.Start();
        registration.Advance(300);
        Assert.InRange(registration.Requests.Count, 60, 200);
        Assert.Single(registration.Logs.WithEvent(2103));
        Assert.Equal(RegistrationState.Failing, registration.Status.Current.State);

        registration.Agent.Down = false;
        registration.Advance(6);
        Assert.Equal(CheckStatus.Passing, registration.Agent.StatusOf(VirtualRegistration.Id));
        Assert.Single(registration.Logs.WithEvent(2105));
        Assert.Equal(RegistrationState.Registered, registration.Status.Current.State);
    }

    [Fact]
    [Trait("Scenario", "D04")]
    public void Registration_AfterTheAgentWasAway_IsMadeBeforeAnyHeartbeat()
    {
        using var registration = new VirtualRegistration();
        registration.Start();
        registration.Advance(5);
        registration.Agent.Down = true;
        registration.Advance(20);
        registration.Agent.Down = false;
        registration.Agent.Forget();
        var before = registration.Requests.Count;
        registration.Advance(6);

        Assert.EndsWith("register", registration.Requests[before].Request.Path, StringComparison.Ordinal);
        Assert.Empty(registration.Logs.WithEvent(2102));
        Assert.Equal(CheckStatus.Passing, registration.Agent.StatusOf(VirtualRegistration.Id));
    }

    [Fact]
    [Trait("Scenario", "D12")]
    public void Registration_WhileItIsRefused_IsAskedForTwiceAMinuteAndToldOnceAMinute()
    {
        using var registration = new VirtualRegistration();
        registration.Agent.Intercept = static request => request.Method == "PUT" ? ScriptedConsulHandler.Error(403, "Permission denied: Missing service:write on orders") : null;
        registration.Start();
        registration.Advance(300);

        Assert.InRange(registration.Requests.Count, 8, 13);
        var errors = registration.Logs.WithEvent(2104);
        Assert.InRange(errors.Count, 4, 6);
        Assert.Contains("service:write", errors[0].Message, StringComparison.Ordinal);
        Assert.Empty(registration.Logs.WithEvent(2103));
    }

    [Fact]
    [Trait("Scenario", "D28")]
    public void Registration_WhichTheCatalogueNeverLists_IsToldWithin30SecondsOnce()
    {
        using var registration = new VirtualRegistration();
        registration.Agent.Unlisted = true;
        registration.Start();
        registration.Advance(30);
        Assert.Single(registration.Logs.WithEvent(2106));
        Assert.Equal(RegistrationState.Missing, registration.Status.Current.State);
        registration.Advance(120);
        Assert.Single(registration.Logs.WithEvent(2106));

        registration.Agent.Unlisted = false;
        registration.Advance(10);
        Assert.Single(registration.Logs.WithEvent(2107));
        Assert.Equal(RegistrationState.Registered, registration.Status.Current.State);
    }

    [Fact]
    [Trait("Scenario", "D02")]
    public void Catalogue_WhichCannotBeRead_IsNoEvidenceAndDoesNotHoldUpHeartbeats()
    {
        using var registration = new VirtualRegistration();
        registration.Agent.Intercept = static request => request.Method == "GET" ? ScriptedConsulHandler.Error(500, "No cluster leader") : null;
        registration.Start();
        registration.Advance(60);
        Assert.Empty(registration.Logs.WithEvent(2106));
        Assert.Equal(7, registration.TimesOf("check/update").Count);
        Assert.Equal(CheckStatus.Passing, registration.Agent.StatusOf(VirtualRegistration.Id));
    }

    [Fact]
    [Trait("Scenario", "L04")]
    public void Predecessor_KilledAtTheSameAddressAndPort_IsRemovedWithinAMinuteAndNobodyElseIs()
    {
        using var registration = new VirtualRegistration();
        JsonRow("killed", 8080, CheckStatus.Critical);
        JsonRow("alive-behind-the-same-agent", 8080, CheckStatus.Passing);
        JsonRow("sick-at-another-address", 8080, CheckStatus.Critical, address: "10.0.0.2");
        JsonRow("sick-at-another-node", 8080, CheckStatus.Critical, node: "n2");
        JsonRow("sick-at-another-port", 8081, CheckStatus.Critical);
        registration.Start();
        registration.Advance(60);

        Assert.Equal(
            ["alive-behind-the-same-agent", "sick-at-another-address", "sick-at-another-node", "sick-at-another-port"],
            registration.Agent.OtherRows.Select(static row => row["Service"]!["ID"]!.GetValue<string>()));
        Assert.Single(registration.Logs.WithEvent(2108));

        void JsonRow(string id, int port, string status, string address = "10.0.0.1", string node = "n1") =>
            registration.Agent.OtherRows.Add(TestConsul.Row(id, port, status, address: address, node: node));
    }

    [Fact]
    [Trait("Scenario", "D29")]
    public void Heartbeat_AfterAPauseOfTheProcess_ComesAtOnceAndTheCheckHasNotFlipped()
    {
        using var registration = new VirtualRegistration();
        registration.Start();
        registration.Advance(9.95);

        // The clock jumps, as it does for a process that the collector or the machine has stopped.
        registration.Time.Advance(TimeSpan.FromSeconds(19.9));
        Assert.Equal(CheckStatus.Passing, registration.Agent.StatusOf(VirtualRegistration.Id));
        Assert.Equal(2, registration.TimesOf("check/update").Count);

        registration.Time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(CheckStatus.Passing, registration.Agent.StatusOf(VirtualRegistration.Id));
    }

    [Fact]
    public void Zone_SetNowhere_IsTheNodesOwn()
    {
        using var registration = new VirtualRegistration(zone: null);
        registration.Agent.NodeMeta["zone"] = "eu-1a";
        registration.Start();
        Assert.Equal("eu-1a", registration.Agent.DefinitionOf(VirtualRegistration.Id)["Meta"]!["zone"]!.GetValue<string>());
    }

    [Fact]
    public void Zone_WhichTheTokenMayNotRead_IsLeftOut()
    {
        using var registration = new VirtualRegistration(zone: null);
        registration.Agent.Intercept = static request => request.Path == "/v1/agent/self" ? ScriptedConsulHandler.Error(403, "Permission denied") : null;
        registration.Start();
        Assert.Null(registration.Agent.DefinitionOf(VirtualRegistration.Id)["Meta"]!["zone"]);
    }

    [Fact]
    public void Meta_SetInOptions_WinsOverWhatIsFilledIn()
    {
        using var registration = new VirtualRegistration(options =>
        {
            options.Meta["version"] = "9";
            options.Meta["weight"] = "5";
        });
        registration.Start();
        Assert.Equal("""{"version":"9","weight":"5","zone":"z1","scheme":"http"}""", registration.Agent.DefinitionOf(VirtualRegistration.Id)["Meta"]!.ToJsonString());
    }

    [Theory]
    [InlineData(HealthStatus.Healthy, CheckStatus.Passing)]
    [InlineData(HealthStatus.Degraded, CheckStatus.Warning)]
    [InlineData(HealthStatus.Unhealthy, CheckStatus.Critical)]
    public void Heartbeat_CarriesReadiness(HealthStatus health, string status)
    {
        var checks = new ScriptedHealth();
        using var registration = new VirtualRegistration(health: checks);
        registration.Start();
        checks.Status = health;
        registration.Advance(10);
        Assert.Equal(status, registration.Agent.StatusOf(VirtualRegistration.Id));
    }

    [Fact]
    [Trait("Scenario", "L17")]
    public void Registration_OfAProcessThatIsNotReadyYet_StartsCriticalAndTurnsWithinASecondOfReadiness()
    {
        var checks = new ScriptedHealth { Status = HealthStatus.Unhealthy };
        using var registration = new VirtualRegistration(health: checks);
        registration.Start();
        Assert.Equal(CheckStatus.Critical, registration.Agent.DefinitionOf(VirtualRegistration.Id)["Check"]!["Status"]!.GetValue<string>());
        registration.Advance(3);
        Assert.Equal(CheckStatus.Critical, registration.Agent.StatusOf(VirtualRegistration.Id));

        checks.Status = HealthStatus.Healthy;
        registration.Advance(1);
        Assert.Equal(CheckStatus.Passing, registration.Agent.StatusOf(VirtualRegistration.Id));
    }

    [Fact]
    public void Readiness_WhoseChecksHang_KeepsItsLastAnswerOnceAndIsCriticalFromThenOn()
    {
        var checks = new ScriptedHealth();
        using var registration = new VirtualRegistration(health: checks);
        registration.Start();
        checks.Hangs = true;
        registration.Advance(20.1);
        Assert.Equal(CheckStatus.Passing, registration.Agent.StatusOf(VirtualRegistration.Id));
        registration.Advance(10.1);
        Assert.Equal(CheckStatus.Critical, registration.Agent.StatusOf(VirtualRegistration.Id));

        checks.Hangs = false;
        registration.Advance(10.1);
        Assert.Equal(CheckStatus.Passing, registration.Agent.StatusOf(VirtualRegistration.Id));
    }

    [Fact]
    public void Readiness_WhereChecksAreTaggedReady_AsksThoseAlone()
    {
        var health = new ScriptedHealth();
        var tagged = ScriptedHealth.Check("database", "ready");
        var other = ScriptedHealth.Check("disk");
        using var registration = new VirtualRegistration(health: health, checks: [tagged, other]);
        registration.Start();
        Assert.True(health.LastPredicate!(tagged));
        Assert.False(health.LastPredicate(other));
    }

    [Fact]
    public void Registration_WithoutAnyAddress_IsNotMadeAndToldOnce()
    {
        using var registration = new VirtualRegistration();
        registration.Start("http://unix:/run/app.sock");
        registration.Advance(60);
        Assert.Empty(registration.Requests);
        Assert.Single(registration.Logs.WithEvent(2109));
    }
}
