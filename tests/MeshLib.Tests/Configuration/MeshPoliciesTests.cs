using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace MeshLib.Tests;

public class MeshPoliciesTests
{
    private const string Timeout = "Mesh:Services:orders:Timeout";

    public static TheoryData<string, string> BadChanges => new()
    {
        { Timeout, "soon" },
        { Timeout, "-00:00:01" },
        { Timeout, "25.00:00:00" },
        { "Mesh:Services:orders:Timeuot", "00:00:05" },
        { "Mesh:Services:orders:0", "http://a" },
        { "Mesh:Services:orders:AttemptTimeout", "00:00:20" },
        { "Mesh:Clients:web:Bulkhead:MaxQueue", "1" },
        { "Mesh:Defaults:LoadBalancing:Policy", "Best" },
    };

    [Theory]
    [MemberData(nameof(BadChanges))]
    public void Change_WithAMistake_KeepsTheLastGoodAndIsLoudOnce(string path, string value)
    {
        using var policies = new Policies().With((Timeout, "00:00:10"));
        var (before, changes) = (policies.Orders, Changes(policies));

        policies.Change((path, value), ("Mesh:Defaults:Retry:MaxAttempts", "7"));
        policies.Notice();
        policies.Change();
        policies.Notice();

        Assert.Same(before, policies.Orders);
        Assert.Empty(changes);
        Assert.Equal(1, policies.Current.Version);
        Assert.Equal(2, policies.Current.Rejected);
        Assert.Contains(path.Split(':')[^1], policies.Current.Problem, StringComparison.Ordinal);
        Assert.Equal(LogLevel.Error, Assert.Single(policies.Log.Entries).Level);
        Assert.Contains(policies.Current.Problem!, policies.Log.Entries[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Change_ThatMendsAMistake_IsInForceAndSaysSo()
    {
        using var policies = new Policies().With((Timeout, "00:00:10"));
        _ = policies.Orders;
        policies.Change((Timeout, "soon"));
        policies.Notice();

        policies.Change((Timeout, "00:00:05"));
        policies.Notice();

        Assert.Equal(TimeSpan.FromSeconds(5), policies.Orders.Timeout);
        Assert.Null(policies.Current.Problem);
        Assert.Equal(1, policies.Current.Rejected);
        Assert.Equal([LogLevel.Error, LogLevel.Information], policies.Log.Entries.Select(static entry => entry.Level));
    }

    [Fact]
    public void Change_IsInForceWithinTwoSeconds_AndTellsWhomItAffects()
    {
        using var policies = new Policies().With((Timeout, "00:00:10"), ("Mesh:Services:pricing:External", "false"), ("Mesh:Clients:web:ReadIdleTimeout", "00:00:10"));
        var changes = Changes(policies);

        policies.Change((Timeout, "00:00:05"));
        policies.Time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(TimeSpan.FromSeconds(5), policies.Orders.Timeout);
        Assert.Equal(["orders"], Assert.Single(changes).Services);
        Assert.False(changes[0].Affects("pricing"));
        Assert.Equal(2, policies.Current.Version);
    }

    [Fact]
    public void Change_OfTheDefaults_AffectsServicesThatNobodyDeclared()
    {
        using var policies = new Policies().With(("Mesh:Services:orders:Retry:MaxAttempts", "2"));
        var changes = Changes(policies);

        policies.Change(("Mesh:Defaults:Retry:MaxAttempts", "4"));
        policies.Notice();

        Assert.True(changes[0].Affects("unheard-of"));
        Assert.False(changes[0].Affects("orders"));
    }

    [Fact]
    public void Change_OfAClient_AffectsTheServicesThatItCalls()
    {
        using var policies = new Policies().With(("Mesh:Services:orders:Retry:MaxAttempts", "2"), ("Mesh:Clients:web:Timeout", "00:00:09"));
        var changes = Changes(policies);

        policies.Change(("Mesh:Clients:web:Timeout", "00:00:08"));
        policies.Notice();

        Assert.True(changes[0].Affects("orders"));
        Assert.Equal(TimeSpan.FromSeconds(8), policies.Current.ForClient("orders", "web").Timeout);
    }

    [Fact]
    public void Change_ThatDeclaresAService_AffectsIt()
    {
        using var policies = new Policies();
        var changes = Changes(policies);

        policies.Change(("Mesh:Services:orders:Retry:MaxAttempts", "3"));
        policies.Notice();

        Assert.Equal(["orders"], Assert.Single(changes).Services);
        Assert.True(policies.Current.IsDeclared("orders"));
    }

    [Fact]
    public void Change_ElsewhereInConfiguration_ChangesNothing()
    {
        using var policies = new Policies().With((Timeout, "00:00:10"));
        var (before, changes) = (policies.Orders, Changes(policies));

        policies.Change(("Logging:LogLevel:Default", "Debug"));
        policies.Notice();

        Assert.Empty(changes);
        Assert.Same(before, policies.Orders);
    }

    [Fact]
    public void Values_WhenTheirEntryIsRemoved_FallBackToTheNextLayer()
    {
        using var policies = new Policies().With((Timeout, "00:00:10")).WithCode(static options => options.Services["orders"].Timeout = TimeSpan.FromSeconds(20));
        _ = policies.Orders;

        policies.Change((Timeout, null));
        policies.Notice();

        Assert.Equal(TimeSpan.FromSeconds(20), policies.Orders.Timeout);
        Assert.Equal("code: Services:orders", policies.Orders.Origins["Timeout"]);
    }

    [Fact]
    public void Values_ThatFlapTenTimesASecondForAMinute_AreTakenOverAtMostTwiceASecond()
    {
        using var policies = new Policies().With((Timeout, "00:00:10"));
        var changes = Changes(policies);
        var breaker = policies.Orders.CircuitBreaker;

        for (var change = 0; change < 600; change++)
        {
            // Seven values, so that what is found twice a second is nearly never what was found before.
            policies.Change((Timeout, TimeSpan.FromSeconds(10 + (change % 7)).ToString()));
            policies.Time.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.InRange(changes.Count, 60, 120);
        Assert.Equal(breaker, policies.Orders.CircuitBreaker);
    }

    [Fact]
    public void KillSwitch_IsInForceWithinTwoSeconds()
    {
        using var policies = new Policies().With((Timeout, "00:00:10"));
        _ = policies.Orders;

        policies.Change(("Mesh:Mode", "Resolve"));
        policies.Time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(MeshMode.Resolve, policies.Orders.Mode);
        Assert.Equal(MeshMode.Resolve, policies.Current.ForService("unheard-of").Mode);
    }

    [Theory]
    [InlineData("Mesh:Mode")]
    [InlineData("Mesh:Defaults:Mode")]
    [InlineData("Mesh:Services:orders:Mode")]
    [InlineData("MESH_MODE")]
    public void KillSwitch_WorksWhateverMistakeStandsBesideIt_ThereAndBack(string path)
    {
        using var policies = new Policies().With((Timeout, "00:00:10"));
        _ = policies.Orders;

        policies.Change((Timeout, "soon"), ("Mesh:Defaults:Retry:MaxAttempts", "7"), (path, "Resolve"));
        policies.Time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal((MeshMode.Resolve, 3, TimeSpan.FromSeconds(10)), (policies.Orders.Mode, policies.Orders.Retry.MaxAttempts, policies.Orders.Timeout));
        Assert.Contains("soon", policies.Current.Problem, StringComparison.Ordinal);

        policies.Change((path, "Enforce"));
        policies.Time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(MeshMode.Enforce, policies.Orders.Mode);
        Assert.Contains("soon", policies.Current.Problem, StringComparison.Ordinal);

        policies.Change((Timeout, "00:00:05"));
        policies.Time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal((7, TimeSpan.FromSeconds(5)), (policies.Orders.Retry.MaxAttempts, policies.Orders.Timeout));
        Assert.Null(policies.Current.Problem);
    }

    [Fact]
    public void Mode_ThatIsMisspelt_IsWhatItWasInItsPlace_AndStopsNoOther()
    {
        using var policies = new Policies().With(("Mesh:Services:orders:Mode", "Observe"));
        _ = policies.Orders;

        policies.Change(("Mesh:Services:orders:Mode", "Enfroce"), ("Mesh:Services:pricing:Mode", "Resovle"), ("Mesh:Mode", "Resolve"));
        policies.Time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(MeshMode.Observe, policies.Orders.Mode);
        Assert.Equal(MeshMode.Resolve, policies.Current.ForService("pricing").Mode);
        Assert.Contains("Enfroce", policies.Current.Problem, StringComparison.Ordinal);
        Assert.Contains("Resovle", policies.Current.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void KillSwitch_OfASourceThatHasFallenSilentSince_StaysThrown()
    {
        var file = new FileOfTest("""{ "Mesh": { "Zone": "eu-1" } }""");
        using var policies = new Policies().With((Timeout, "00:00:10")).With(file.Provider);
        _ = policies.Orders;

        file.Write("""{ "Mesh": { "Mode": "Resolve", "Defaults": { "Retry": { "MaxAttempts": "many" } } } }""");
        policies.Notice();
        file.Write("""{ "Mesh": { "Mode""");
        policies.Time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(MeshMode.Resolve, policies.Orders.Mode);
        Assert.Equal(TimeSpan.FromSeconds(10), policies.Orders.Timeout);
        Assert.Contains("many", policies.Current.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void File_ThatIsHalfWritten_KeepsTheLastGoodAlthoughItsProviderSaysNothing()
    {
        var file = new FileOfTest("""{ "Mesh": { "Services": { "orders": { "Timeout": "00:00:10" } } } }""");
        using var policies = new Policies().With(file.Provider);
        var before = policies.Orders;

        file.Write("""{ "Mesh": { "Services": { "ord""");
        policies.Time.Advance(TimeSpan.FromSeconds(2));

        Assert.Same(before, policies.Orders);
        Assert.Equal(1, policies.Current.Rejected);
        Assert.Contains("half written", policies.Current.Problem, StringComparison.Ordinal);

        file.Write("""{ "Mesh": { "Services": { "orders": { "Timeout": "00:00:05" } } } }""");
        policies.Time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(TimeSpan.FromSeconds(5), policies.Orders.Timeout);
        Assert.Null(policies.Current.Problem);
    }

    [Theory]
    [InlineData("")]
    [InlineData("""{ "Mesh": { "Services": { "ord""")]
    public void File_ThatIsEmptyOrHalfWritten_StillSaysWhatItSaidLast_AndStopsNobodyElse(string content)
    {
        var file = new FileOfTest("""{ "Mesh": { "Services": { "orders": { "Timeout": "00:00:10" } } } }""");
        var other = new FileOfTest("""{ "Mesh": { "Zone": "eu-1" } }""");
        using var policies = new Policies().With(file.Provider).With(other.Provider);
        _ = policies.Orders;

        file.Write(content);
        policies.Notice();
        other.Write("""{ "Mesh": { "Zone": "eu-2", "Mode": "Resolve", "Defaults": { "Retry": { "MaxAttempts": 7 } } } }""");
        policies.Time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal((MeshMode.Resolve, 7, TimeSpan.FromSeconds(10)), (policies.Orders.Mode, policies.Orders.Retry.MaxAttempts, policies.Orders.Timeout));
        Assert.Equal("eu-2", policies.Current.Zone);
        Assert.Contains("half written", policies.Current.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("{}")]
    [InlineData("""{ "Logging": {} }""")]
    public void File_ThatIsRemovedOrSaysNothing_CountsForNothing(string? content)
    {
        var file = new FileOfTest("""{ "Mesh": { "Mode": "Resolve", "Services": { "orders": { "Timeout": "00:00:10" } } } }""");
        using var policies = new Policies().With((Timeout, "00:00:20")).With(file.Provider);
        Assert.Equal((MeshMode.Resolve, TimeSpan.FromSeconds(10)), (policies.Orders.Mode, policies.Orders.Timeout));

        file.Write(content);
        policies.Notice();
        policies.Time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal((MeshMode.Enforce, TimeSpan.FromSeconds(20)), (policies.Orders.Mode, policies.Orders.Timeout));
        Assert.Null(policies.Current.Problem);
        Assert.Equal(0, policies.Current.Rejected);
    }

    [Fact]
    public void File_ThatIsRequiredAndGone_StillSaysWhatItSaidLast()
    {
        var file = new FileOfTest("""{ "Mesh": { "Services": { "orders": { "Timeout": "00:00:10" } } } }""", optional: false);
        using var policies = new Policies().With(file.Provider);
        var before = policies.Orders;

        file.Write(null);
        policies.Time.Advance(TimeSpan.FromSeconds(2));

        Assert.Same(before, policies.Orders);
        Assert.Equal(1, policies.Current.Rejected);
        Assert.NotNull(policies.Current.Problem);
    }

    [Fact]
    public void File_OfAConfigurationWithinConfiguration_IsASourceOfItsOwn()
    {
        var file = new FileOfTest("""{ "Mesh": { "Services": { "orders": { "Timeout": "00:00:10" } } } }""");
        using var inner = new ConfigurationManager();
        inner.AddInMemoryCollection([KeyValuePair.Create<string, string?>("Logging:LogLevel:Default", "Debug")]);
        ((IConfigurationBuilder)inner).Add(new SourceOf(file.Provider));
        using var policies = new Policies().With(new ChainedConfigurationProvider(new() { Configuration = inner }));
        var before = policies.Orders;

        file.Write("""{ "Mesh": { "Services": { "ord""");
        policies.Time.Advance(TimeSpan.FromSeconds(2));

        Assert.Same(before, policies.Orders);
        Assert.Equal(TimeSpan.FromSeconds(10), before.Timeout);
        Assert.Contains("half written", policies.Current.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Provider_ThatThrows_KeepsTheLastGood()
    {
        var provider = new ThrowingProvider();
        using var policies = new Policies().With((Timeout, "00:00:10")).With(provider);
        var before = policies.Orders;

        provider.Throws = true;
        policies.Change();
        policies.Notice();

        Assert.Same(before, policies.Orders);
        Assert.Equal("locked", Assert.Single(policies.Log.Entries.Select(static entry => entry.Text.Split(' ')[^1])));
    }

    [Fact]
    public void Provider_ThatTookPartAndThrowsFromThenOn_IsReportedOnce()
    {
        var provider = new ThrowingProvider();
        provider.Set(Timeout, "00:00:10");
        using var policies = new Policies().With(provider);
        var before = policies.Orders;

        provider.Throws = true;
        policies.Time.Advance(TimeSpan.FromMinutes(1));

        Assert.Same(before, policies.Orders);
        Assert.Single(policies.Log.Entries);
        Assert.Equal(1, policies.Current.Rejected);

        provider.Throws = false;
        policies.Notice();

        Assert.Null(policies.Current.Problem);
    }

    [Fact]
    public void ClientTimeouts_SetDuringReloads_AreNeverLostAndUndoNoReload()
    {
        using var policies = new Policies().With((Timeout, "00:00:10"));
        _ = policies.Orders;

        Parallel.Invoke(
            () => Parallel.For(0, 500, index => policies.Current.SetClientTimeout($"client{index}", TimeSpan.FromSeconds(1))),
            () =>
            {
                for (var change = 1; change <= 200; change++)
                {
                    policies.Change((Timeout, TimeSpan.FromSeconds(10 + change).ToString()));
                    policies.Notice();
                }
            });

        Assert.Equal(TimeSpan.FromSeconds(210), policies.Orders.Timeout);
        Assert.All(Enumerable.Range(0, 500), index => Assert.Equal(TimeSpan.FromSeconds(1), policies.Current.ForClient("orders", $"client{index}").Timeout));
        Assert.Equal(701, policies.Current.Version);
    }

    [Fact]
    public void Listener_ThatThrows_DoesNotEndTheTimer()
    {
        using var policies = new Policies().With((Timeout, "00:00:10"));
        policies.Current.Changed += static _ => throw new InvalidOperationException("a fault");

        policies.Change((Timeout, "00:00:09"));
        policies.Notice();
        policies.Change((Timeout, "00:00:08"));
        policies.Notice();

        Assert.Equal(TimeSpan.FromSeconds(8), policies.Orders.Timeout);
    }

    [Fact]
    public void ClientTimeout_IsTheWeakestLayerOfTheClient()
    {
        using var policies = new Policies().WithClient("web", "orders", static policy => policy.Timeout = TimeSpan.FromSeconds(7)).With(("Mesh:Services:orders:Timeout", "00:00:20"));

        policies.Current.SetClientTimeout("web", TimeSpan.FromSeconds(2));
        policies.Current.SetClientTimeout("other", TimeSpan.FromSeconds(2));

        Assert.Equal(TimeSpan.FromSeconds(7), policies.Current.ForClient("orders", "web").Timeout);
        Assert.Equal(TimeSpan.FromSeconds(2), policies.Current.ForClient("orders", "other").Timeout);
        Assert.Equal("HttpClient.Timeout", policies.Current.ForClient("orders", "other").Origins["Timeout"]);
        Assert.Equal(TimeSpan.FromSeconds(20), policies.Orders.Timeout);
    }

    [Fact]
    public void ClientTimeout_ShorterThanAnAttempt_ShortensIt_AndNoReloadTakesOffence()
    {
        using var policies = new Policies().With(("Mesh:Services:orders:AttemptTimeout", "00:00:05"));
        policies.Current.SetClientTimeout("web", TimeSpan.FromSeconds(2));

        policies.Change(("Mesh:Services:orders:AttemptTimeout", "00:00:06"));
        policies.Notice();

        Assert.Equal(0, policies.Current.Rejected);
        Assert.Equal(TimeSpan.FromSeconds(2), policies.Current.ForClient("orders", "web").AttemptTimeout);
        Assert.Equal(TimeSpan.FromSeconds(6), policies.Orders.AttemptTimeout);
    }

    [Fact]
    public void ClientTimeout_SetAgain_IsNoChange()
    {
        using var policies = new Policies();
        var changes = Changes(policies);

        policies.Current.SetClientTimeout("web", TimeSpan.FromSeconds(2));
        policies.Current.SetClientTimeout("WEB", TimeSpan.FromSeconds(2));

        Assert.True(Assert.Single(changes).Affects("orders"));
        Assert.Equal(2, policies.Current.Version);
    }

    [Fact]
    public void ClientTimeout_ThatIsInfinite_IsTheLongestThereIs()
    {
        using var policies = new Policies();

        policies.Current.SetClientTimeout("web", System.Threading.Timeout.InfiniteTimeSpan);

        Assert.Equal(TimeSpan.FromDays(24), policies.Current.ForClient("orders", "web").Timeout);
    }

    [Fact]
    public void Policy_OfServicesAndClientsThatNobodyNamed_IsOneObject()
    {
        using var policies = new Policies().With((Timeout, "00:00:10"), ("Mesh:Clients:web:Timeout", "00:00:09"));

        Assert.Same(policies.Current.ForService("a"), policies.Current.ForClient("b", "c"));
        Assert.Same(policies.Current.ForClient("a", "web"), policies.Current.ForClient("b", "web"));
        Assert.Same(policies.Orders, policies.Current.ForClient("orders", "c"));
    }

    [Fact]
    public async Task Host_WithMistakes_DoesNotStartAndNamesThemAll()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([KeyValuePair.Create<string, string?>(Timeout, "soon"), KeyValuePair.Create<string, string?>("Mesh:Defaults:Retry:MaxAttempts", "0")]);
        builder.Services.AddMeshPolicies();
        builder.Services.AddSingleton(new ClientPolicyLayer("web", "orders", new() { External = true }));
        using var host = builder.Build();

        var failure = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => host.StartAsync(TestContext.Current.CancellationToken));

        Assert.Equal(3, failure.Failures.Count());
        Assert.Equal(1 + 3, failure.Message.Split(Environment.NewLine).Length);
        Assert.All([Timeout, "MaxAttempts = 0", "client web"], text => Assert.Contains(text, failure.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Host_WithoutMistakes_StartsAndHasPolicies()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.Configure<MeshOptions>(static options => options.Services["orders"].LoadBalancing.Policy = "Nearest");
        builder.Services.AddMeshPolicies();
        builder.Services.AddMeshPolicies();
        builder.Services.AddSingleton(new KnownBalancer("Nearest"));
        using var host = builder.Build();

        await host.StartAsync(TestContext.Current.CancellationToken);

        Assert.Equal("Nearest", host.Services.GetRequiredService<MeshPolicies>().ForService("orders").LoadBalancing.Policy);
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Container_WithoutConfiguration_HasTheDefaults()
    {
        var services = new ServiceCollection();
        services.AddMeshPolicies();
        using var provider = services.BuildServiceProvider();

        Assert.Equal(new EffectivePolicy(), provider.GetRequiredService<MeshPolicies>().ForService("orders"));
    }

    private static List<PolicyChange> Changes(Policies policies)
    {
        var changes = new List<PolicyChange>();
        policies.Current.Changed += changes.Add;
        return changes;
    }

    private sealed class ThrowingProvider : ConfigurationProvider
    {
        public bool Throws { get; set; }

        public override IEnumerable<string> GetChildKeys(IEnumerable<string> earlierKeys, string? parentPath) =>
            Throws ? throw new IOException("locked") : base.GetChildKeys(earlierKeys, parentPath);
    }
}
