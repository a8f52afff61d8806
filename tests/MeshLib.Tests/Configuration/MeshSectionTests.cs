namespace MeshLib.Tests;

public class MeshSectionTests
{
    [Fact]
    public void Section_WhenItHoldsWhatTheDesignCallsDefaults_ChangesNothing()
    {
        using var policies = new Policies().WithJson(
            """
            { "Mesh": {
              "ServiceName": "storefront", "Zone": "eu-1a", "Mode": "Enforce",
              "Consul": { "Enabled": true }, "Registration": { "Tags": [] }, "Server": { "Deadline": "Enforce" }, "Dashboard": {}, "Organisation": {},
              "Defaults": { "Timeout": "00:00:30" },
              "Services": { "orders": {
                "External": false, "Timeout": "00:00:30", "AttemptTimeout": "00:00:03", "ConnectTimeout": null, "ReadIdleTimeout": "00:00:30",
                "LoadBalancing": { "Policy": "PeakEwma", "PanicThreshold": 0.5 },
                "Zone": { "Enabled": true, "MinEndpointsPerZone": 2, "Overprovisioning": 1.4, "Failover": [] },
                "Subsetting": { "Enabled": true, "MinEndpoints": 100, "Aperture": 12, "Size": 100 },
                "Retry": { "MaxAttempts": 3, "Methods": ["GET","HEAD","OPTIONS"], "GrpcMethods": [], "Backoff": "00:00:00.025", "MaxBackoff": "00:00:00.250", "ReplayLimit": 65536,
                           "Budget": { "Ratio": 0.1, "MinPerSecond": 0.1, "Burst": 5, "Window": "00:00:10" } },
                "CircuitBreaker": { "ConsecutiveFailures": 5, "FailureRatio": 0.5, "MinimumThroughput": 20, "Window": "00:00:10",
                                    "BreakDuration": "00:00:01", "MaxBreakDuration": "00:01:00" },
                "Bulkhead": { "MaxConcurrency": 256, "MaxStreams": 1024, "MaxQueue": 0 } } } } }
            """);

        Assert.Equal(new EffectivePolicy(), policies.Orders);
        Assert.Equal("storefront", policies.Current.ServiceName);
        Assert.Equal("eu-1a", policies.Current.Zone);
        Assert.Equal(["orders"], policies.Current.DeclaredServices);
        Assert.Equal("Mesh:Services:orders:Retry:GrpcMethods", policies.Orders.Origins["Retry:GrpcMethods"]);
        Assert.Equal("built-in", policies.Orders.Origins["ConnectTimeout"]);
    }

    [Theory]
    [InlineData("Mesh", "on", "Mesh = on is a single value; a section is expected here.")]
    [InlineData("Mesh:Servces:orders:Timeout", "00:00:01", "Mesh:Servces is not known. Did you mean Services?")]
    [InlineData("Mesh:Mode", "Enfroce", "Mesh:Mode = Enfroce is not one of the names; allowed is Enforce, Observe, Resolve.")]
    [InlineData("Mesh:Mode", "1", "Mesh:Mode = 1 is not one of the names; allowed is Enforce, Observe, Resolve.")]
    [InlineData("Mesh:Services", "orders", "Mesh:Services = orders is a single value; a section is expected here.")]
    [InlineData("Mesh:ServiceName:0", "shop", "Mesh:ServiceName is a section; a name is expected here.")]
    [InlineData("Mesh:Defaults", "yes", "Mesh:Defaults = yes is a single value; a section is expected here.")]
    [InlineData("Mesh:Defaults:Retry", "3", "Mesh:Defaults:Retry = 3 is a single value; a section is expected here.")]
    [InlineData("Mesh:Defaults:Timeout:Value", "3", "Mesh:Defaults:Timeout is a section; a duration (write [d.]hh:mm:ss[.fff], such as 00:00:30) is expected here.")]
    [InlineData("Mesh:Defaults:Timeout", "3", "Mesh:Defaults:Timeout = 3 is not a duration (write [d.]hh:mm:ss[.fff], such as 00:00:30); allowed is 00:00:00.001 to 24.00:00:00.")]
    [InlineData("Mesh:Defaults:Timeout", "3s", "Mesh:Defaults:Timeout = 3s is not a duration (write [d.]hh:mm:ss[.fff], such as 00:00:30); allowed is 00:00:00.001 to 24.00:00:00.")]
    [InlineData("Mesh:Defaults:Timeout", "0:30", "Mesh:Defaults:Timeout = 0:30 is not a duration (write [d.]hh:mm:ss[.fff], such as 00:00:30); allowed is 00:00:00.001 to 24.00:00:00.")]
    [InlineData("Mesh:Defaults:Timeout", "24:00:00", "Mesh:Defaults:Timeout = 24:00:00 is not a duration (write [d.]hh:mm:ss[.fff], such as 00:00:30); allowed is 00:00:00.001 to 24.00:00:00.")]
    [InlineData("Mesh:Defaults:Timeout", "00:00:00", "Mesh:Defaults:Timeout = 00:00:00 is not allowed; allowed is 00:00:00.001 to 24.00:00:00.")]
    [InlineData("Mesh:Defaults:ReadIdleTimeout", "24.00:00:00.0000001", "Mesh:Defaults:ReadIdleTimeout = 24.00:00:00.0000001 is not allowed; allowed is 00:00:00.001 to 24.00:00:00.")]
    [InlineData("Mesh:Defaults:Timeout", "-00:00:01", "Mesh:Defaults:Timeout = -00:00:01 is not allowed; allowed is 00:00:00.001 to 24.00:00:00.")]
    [InlineData("Mesh:Defaults:External", "1", "Mesh:Defaults:External = 1 is not a truth value; allowed is true or false.")]
    [InlineData("Mesh:Defaults:Retry:MaxAttempts", "0", "Mesh:Defaults:Retry:MaxAttempts = 0 is not allowed; allowed is 1 to 100.")]
    [InlineData("Mesh:Defaults:Retry:MaxAttempts", "2.5", "Mesh:Defaults:Retry:MaxAttempts = 2.5 is not a whole number; allowed is 1 to 100.")]
    [InlineData("Mesh:Defaults:Retry:MaxAttempts", "99999999999", "Mesh:Defaults:Retry:MaxAttempts = 99999999999 is not a whole number; allowed is 1 to 100.")]
    [InlineData("Mesh:Defaults:Retry:Budget:Ratio", "NaN", "Mesh:Defaults:Retry:Budget:Ratio = NaN is not allowed; allowed is 0 to 1.")]
    [InlineData("Mesh:Defaults:Retry:Budget:Ratio", "0,1", "Mesh:Defaults:Retry:Budget:Ratio = 0,1 is not a number; allowed is 0 to 1.")]
    [InlineData("Mesh:Defaults:Retry:Budget:Burts", "3", "Mesh:Defaults:Retry:Budget:Burts is not known. Did you mean Burst?")]
    [InlineData("Mesh:Defaults:Retry:Methods", "GET", "Mesh:Defaults:Retry:Methods = GET is a single value; a list of HTTP methods is expected, the first at Mesh:Defaults:Retry:Methods:0.")]
    [InlineData("Mesh:Defaults:Retry:Methods:0", "GET POST", "Mesh:Defaults:Retry:Methods = GET POST is not allowed; allowed is HTTP methods.")]
    [InlineData("Mesh:Defaults:Retry:GrpcMethods:0", "shop.Orders/Get", "Mesh:Defaults:Retry:GrpcMethods = shop.Orders/Get is not allowed; allowed is patterns such as /shop.Orders/Get*.")]
    [InlineData("Mesh:Defaults:LoadBalancing:Policy", "PeekEwma", "Mesh:Defaults:LoadBalancing:Policy = PeekEwma is no known balancer. Did you mean PeakEwma?")]
    [InlineData("Mesh:Defaults:LoadBalancing:HashKey:0", "x-user", "Mesh:Defaults:LoadBalancing:HashKey = x-user is not allowed; allowed is header:NAME and cookie:NAME.")]
    [InlineData("Mesh:Defaults:LoadBalancing:BoundedLoad", "0.5", "Mesh:Defaults:LoadBalancing:BoundedLoad = 0.5 is not allowed; allowed is 1 to 10, or 0 for off.")]
    [InlineData("Mesh:Defaults:LoadBalancing:LeastRequestChoices", "1", "Mesh:Defaults:LoadBalancing:LeastRequestChoices = 1 is not allowed; allowed is 2 to 32.")]
    [InlineData("Mesh:Services:orders:Timeuot", "00:00:01", "Mesh:Services:orders:Timeuot is not known. Did you mean Timeout?")]
    [InlineData("Mesh:Services:orders:LoadBalancing:0", "x", "Mesh:Services:orders:LoadBalancing:0 is not known. Known are Policy, PanicThreshold, LeastRequestBias, LeastRequestChoices, HashKey, BoundedLoad, SlowStart.")]
    [InlineData("MESH_MODE", "off", "MESH_MODE = off is not one of the names; allowed is Enforce, Observe, Resolve.")]
    public void Mistake_IsNamedWithPathValueAndWhatIsAllowed(string path, string value, string expected)
    {
        using var policies = new Policies().With((path, value));

        Assert.Equal([expected], policies.Mistakes());
    }

    [Theory]
    [InlineData("Mesh:Services:orders", "http://10.0.0.1:8080", "http")]
    [InlineData("Mesh:Services:orders:0", "https://orders.internal", "https")]
    [InlineData("Mesh:Services:orders:http:0", "10.0.0.1:8080", "http")]
    [InlineData("Mesh:Services:orders:http:0", "10.0.0.1", "http")]
    [InlineData("Mesh:Services:orders:https:0", "orders-1:8443", "http")]
    [InlineData("Mesh:Services:orders:Address", "[::1]:5000", "http")]
    public void Address_UnderMeshServices_IsSentToMicrosoftsSection(string path, string address, string scheme)
    {
        using var policies = new Policies().With((path, address));

        Assert.Equal([$"{path} = {address} is an address, and Mesh:Services holds policies. Addresses belong in Services:orders:{scheme}:0, the section of Microsoft.Extensions.ServiceDiscovery."], policies.Mistakes());
    }

    [Fact]
    public void Mistakes_AreAllNamedAtOnce()
    {
        using var policies = new Policies()
            .With(("Mesh:Defaults:Timeout", "soon"), ("Mesh:Services:orders:0", "http://a"), ("Mesh:Services:orders:Retry:MaxAttempts", "-1"), ("Mesh:Clients:web:Retyr:MaxAttempts", "2"))
            .WithCode(static options => options.Services["pricing"].CircuitBreaker.FailureRatio = 2);

        var mistakes = policies.Mistakes();

        Assert.Equal(5, mistakes.Count);
        Assert.Contains("code: Services:pricing: CircuitBreaker:FailureRatio = 2 is not allowed; allowed is 0.01 to 1.", mistakes);
    }

    [Fact]
    public void Contradiction_BesideAValueOutOfRange_IsNamedToo()
    {
        using var policies = new Policies().With(("Mesh:Defaults:Retry:MaxAttempts", "0"), ("Mesh:Defaults:Retry:Backoff", "00:00:01"), ("Mesh:Defaults:Retry:MaxBackoff", "25.00:00:00"));

        Assert.Equal(3, policies.Mistakes().Count);
    }

    [Fact]
    public void List_WhenAStrongerProviderHasIt_IsReplacedWhole()
    {
        using var policies = new Policies()
            .WithJson("""{ "Mesh": { "Defaults": { "Retry": { "Methods": ["GET", "PUT", "DELETE"] } } } }""")
            .WithJson("""{ "Mesh": { "Defaults": { "Retry": { "Methods": ["HEAD"] } } } }""");

        Assert.Equal(["HEAD"], policies.Orders.Retry.Methods);
    }

    [Fact]
    public void List_WhenAStrongerProviderEmptiesIt_IsEmpty()
    {
        using var policies = new Policies()
            .WithJson("""{ "Mesh": { "Defaults": { "Retry": { "Methods": ["GET", "PUT"] } } } }""")
            .WithJson("""{ "Mesh": { "Defaults": { "Retry": { "Methods": [] } } } }""");

        Assert.Empty(policies.Orders.Retry.Methods);
    }

    [Fact]
    public void List_WithMoreThanTenItems_KeepsItsOrder()
    {
        var methods = Enumerable.Range(0, 12).Select(static index => $"M{index}").ToArray();
        using var policies = new Policies().With([.. methods.Select(static (method, index) => ($"Mesh:Defaults:Retry:Methods:{index}", (string?)method))]);

        Assert.Equal(methods, policies.Orders.Retry.Methods);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("\"\"")]
    public void Scalar_WhenItIsNullOrEmpty_IsInherited(string value)
    {
        using var policies = new Policies().WithJson($$"""{ "Mesh": { "Defaults": { "Timeout": "00:00:09" }, "Services": { "orders": { "Timeout": {{value}} } } } }""");

        Assert.Equal(TimeSpan.FromSeconds(9), policies.Orders.Timeout);
        Assert.Equal("Mesh:Defaults:Timeout", policies.Orders.Origins["Timeout"]);
    }

    [Fact]
    public void Names_AreFoundWhateverTheirCase()
    {
        using var policies = new Policies().With(("MESH:SERVICES:ORDERS:RETRY:MAXATTEMPTS", "2"), ("mesh:mode", "observe"));

        Assert.Equal(2, policies.Orders.Retry.MaxAttempts);
        Assert.Equal(MeshMode.Observe, policies.Orders.Mode);
    }

    [Fact]
    public void Service_WithAnEmptyEntry_IsDeclared()
    {
        using var policies = new Policies().WithJson("""{ "Mesh": { "Services": { "api.example.com": {} } } }""").WithCode(static options => _ = options.Services["pricing"]);

        Assert.True(policies.Current.IsDeclared("API.example.com"));
        Assert.True(policies.Current.IsDeclared("pricing"));
        Assert.False(policies.Current.IsDeclared("orders"));
    }

    [Fact]
    public void Balancer_OfTheApplication_IsKnown()
    {
        using var policies = new Policies().With(("Mesh:Services:orders:LoadBalancing:Policy", "Nearest")).WithBalancer("Nearest");

        Assert.Equal("Nearest", policies.Orders.LoadBalancing.Policy);
    }
}
