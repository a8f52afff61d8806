using CsCheck;

namespace MeshLib.Tests;

public class LayerPrecedenceTests
{
    // In the order of design.md section 6: each one wins over all above it.
    private static readonly (string Origin, Action<Policies, TimeSpan> Set)[] Layers =
    [
        ("code: Defaults", static (policies, value) => policies.Options.Defaults.ReadIdleTimeout = value),
        ("Mesh:Defaults:ReadIdleTimeout", static (policies, value) => policies.With(("Mesh:Defaults:ReadIdleTimeout", value.ToString()))),
        ("code: Services:orders", static (policies, value) => policies.Options.Services["orders"].ReadIdleTimeout = value),
        ("Mesh:Services:orders:ReadIdleTimeout", static (policies, value) => policies.With(("Mesh:Services:orders:ReadIdleTimeout", value.ToString()))),
        ("code: client web", static (policies, value) => policies.WithClient("web", "orders", policy => policy.ReadIdleTimeout = value)),
        ("code: Clients:web", static (policies, value) => policies.Options.Clients["web"].ReadIdleTimeout = value),
        ("Mesh:Clients:web:ReadIdleTimeout", static (policies, value) => policies.With(("Mesh:Clients:web:ReadIdleTimeout", value.ToString()))),
    ];

    [Fact]
    public void Layers_InEveryCombination_AreWonByTheNearestAndNamed()
    {
        for (var combination = 0; combination < 1 << Layers.Length; combination++)
        {
            using var policies = new Policies();
            var (origin, value) = ("built-in", TimeSpan.FromSeconds(30));
            for (var layer = 0; layer < Layers.Length; layer++)
            {
                if ((combination & (1 << layer)) != 0)
                {
                    (origin, value) = (Layers[layer].Origin, TimeSpan.FromSeconds(layer + 1));
                    Layers[layer].Set(policies, value);
                }
            }

            var policy = policies.Current.ForClient("orders", "web");

            Assert.Equal(value, policy.ReadIdleTimeout);
            Assert.Equal(origin, policy.Origins["ReadIdleTimeout"]);
        }
    }

    [Theory]
    [InlineData("orders", "web", 5)]
    [InlineData("Orders", "WEB", 5)]
    [InlineData("orders", "other", 3)]
    [InlineData("pricing", "web", 5)]
    [InlineData("pricing", "other", 1)]
    public void Layer_HoldsForItsServiceOrItsClientAlone(string service, string client, int attempts)
    {
        using var policies = new Policies().With(("Mesh:Defaults:Retry:MaxAttempts", "1"), ("Mesh:Services:orders:Retry:MaxAttempts", "3"), ("Mesh:Clients:web:Retry:MaxAttempts", "5"));

        Assert.Equal(attempts, policies.Current.ForClient(service, client).Retry.MaxAttempts);
    }

    [Theory]
    [InlineData("Mesh:Mode", "Observe", MeshMode.Observe, "Mesh:Mode")]
    [InlineData("Mesh:Defaults:Mode", "Observe", MeshMode.Observe, "Mesh:Defaults:Mode")]
    [InlineData("Mesh:Services:orders:Mode", "Observe", MeshMode.Observe, "Mesh:Services:orders:Mode")]
    [InlineData("MESH_MODE", "Observe", MeshMode.Observe, "environment: MESH_MODE")]
    public void Mode_IsFoundWhereverItStands(string path, string value, MeshMode mode, string origin)
    {
        using var policies = new Policies().With((path, value)).WithCode(static options => options.Mode = MeshMode.Resolve).With(("Mesh:Services:orders:External", "false"));

        Assert.Equal(mode, policies.Orders.Mode);
        Assert.Equal(origin, policies.Orders.Origins["Mode"]);
    }

    [Fact]
    public void Mode_OfTheEnvironment_WinsOverEverything()
    {
        using var policies = new Policies()
            .With(("Mesh:Mode", "Enforce"), ("Mesh:Services:orders:Mode", "Observe"), ("Mesh:Clients:web:Timeout", "00:00:09"), ("MESH_MODE", "resolve"));

        Assert.Equal(MeshMode.Resolve, policies.Orders.Mode);
        Assert.Equal(MeshMode.Resolve, policies.Current.ForClient("orders", "web").Mode);
        Assert.Equal(MeshMode.Resolve, policies.Current.ForService("unheard-of").Mode);
    }

    [Fact]
    public void Mode_OfAService_WinsOverTheGlobalOne_WhichWinsOverTheDefaults()
    {
        using var policies = new Policies().With(("Mesh:Defaults:Mode", "Enforce"), ("Mesh:Mode", "Resolve"), ("Mesh:Services:orders:Mode", "Observe"));

        Assert.Equal(MeshMode.Observe, policies.Orders.Mode);
        Assert.Equal(MeshMode.Resolve, policies.Current.ForService("pricing").Mode);
    }

    [Fact]
    public void ServiceName_OfConfiguration_WinsOverCode()
    {
        using var policies = new Policies().With(("Mesh:ServiceName", "shop")).WithCode(static options => (options.ServiceName, options.Zone) = ("store", "eu-1"));

        Assert.Equal(("shop", "eu-1"), (policies.Current.ServiceName, policies.Current.Zone));
    }

    [Theory]
    [MemberData(nameof(PolicyTableTests.Paths), MemberType = typeof(PolicyTableTests))]
    public void SharedState_SetOnAClient_FailsAndSaysWhereItBelongs(string path)
    {
        var option = PolicyTable.Find(path)!;
        using var policies = new Policies().WithClient("web", "orders", policy => option.TryParse(option.IsList ? [] : [option.BuiltIn], policy));

        if (option.Scope == OptionScope.Call)
        {
            Assert.NotNull(policies.Current);
        }
        else
        {
            var mistake = Assert.Single(policies.Mistakes());
            Assert.StartsWith($"code: client web: {path} = ", mistake, StringComparison.Ordinal);
            Assert.Contains($"Mesh:Services:<service>:{path}", mistake, StringComparison.Ordinal);
            Assert.Contains($"AddMesh(o => o.Services[\"<service>\"].{path.Replace(':', '.')})", mistake, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("CircuitBreaker:Window", "00:00:05")]
    [InlineData("External", "true")]
    [InlineData("Mode", "Resolve")]
    public void SharedState_SetOnAClientByConfiguration_Fails(string path, string value)
    {
        using var policies = new Policies().With(($"Mesh:Clients:web:{path}", value));

        Assert.StartsWith($"Mesh:Clients:web:{path} = {value} is state that all clients of a service share", Assert.Single(policies.Mistakes()), StringComparison.Ordinal);
    }

    [Fact]
    public void Merge_IsTheSameHoweverLayersAreGrouped() =>
        Gen.Select(PolicyGen.Layer, PolicyGen.Layer, PolicyGen.Layer).Sample(static (low, middle, high) =>
        {
            var leftFirst = Over(Over(low, middle), high);
            var rightFirst = Over(low, Over(middle, high));
            var together = PolicyLayers.Merge([Layer(low), Layer(middle), Layer(high)]);

            Assert.All(PolicyTable.Options, option => Assert.Equal(option.Print(leftFirst), option.Print(rightFirst)));
            Assert.Equal(together, PolicyLayers.Merge([Layer(leftFirst)]));
        });

    [Fact]
    public void Merge_TakesEachValueFromTheLastLayerThatSetsIt() =>
        Gen.Select(PolicyGen.Layer, PolicyGen.Layer).Sample(static (low, high) =>
        {
            var merged = PolicyLayers.Merge([Layer(low, "low"), Layer(high, "high")]);

            foreach (var option in PolicyTable.Options.Where(option => !merged.Origins[option.Path].StartsWith("follows", StringComparison.Ordinal)))
            {
                var expected = option.IsSet(high) ? "high" : option.IsSet(low) ? "low" : "built-in";
                Assert.Equal((option.Path, expected), (option.Path, merged.Origins[option.Path]));
            }
        });

    private static PolicyLayer Layer(MeshPolicy policy, string source = "test") => new(PolicyLevel.Defaults, "", policy, source);

    private static MeshPolicy Over(MeshPolicy low, MeshPolicy high)
    {
        var merged = new MeshPolicy();
        foreach (var option in PolicyTable.Options)
        {
            option.Copy(low, merged);
            option.Copy(high, merged);
        }

        return merged;
    }
}
