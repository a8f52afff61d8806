using System.Net;
using CsCheck;

namespace MeshLib.Consul.Tests;

public class AddressChoiceTests
{
    private const string RemoteAgent = "http://consul.internal:8500";
    private const string LocalAgent = "http://127.0.0.1:8500";
    private const string Routed = "10.0.0.7";

    [Theory]
    [InlineData("http://10.0.0.1:8080", "10.0.0.1", 8080, "http")]
    [InlineData("https://10.0.0.1:8443;http://10.0.0.1:8080", "10.0.0.1", 8080, "http")]
    [InlineData("https://10.0.0.1:8443", "10.0.0.1", 8443, "https")]
    [InlineData("http://[::]:8080", Routed, 8080, "http")]
    [InlineData("http://0.0.0.0:8080", Routed, 8080, "http")]
    [InlineData("http://[::]:8080;http://10.0.0.1:8081", "10.0.0.1", 8081, "http")]
    [InlineData("http://localhost:8080;http://[::]:8081", Routed, 8081, "http")]
    [InlineData("http://[2001:db8::5]:8080", "2001:db8::5", 8080, "http")]
    [InlineData("http://api.internal:8080", "api.internal", 8080, "http")]
    public async Task Choice_WithARemoteAgent_IsWhatOthersReach(string listening, string host, int port, string scheme) =>
        Assert.Equal(new InstanceAddress(host, port, scheme), await ChooseAsync(RemoteAgent, listening));

    [Theory]
    [InlineData("http://127.0.0.1:8080")]
    [InlineData("http://localhost:8080;https://[::1]:8081")]
    [InlineData("http://unix:/run/app.sock")]
    [InlineData("")]
    public async Task Choice_WithARemoteAgentAndNothingThatOthersReach_IsNone(string listening) =>
        Assert.Null(await ChooseAsync(RemoteAgent, listening));

    [Theory]
    [InlineData(LocalAgent)]
    [InlineData("unix:///run/consul.sock")]
    [InlineData("localhost:8500")]
    [InlineData("http://[::1]:8500")]
    public async Task Choice_WithAnAgentOnThisMachine_MayBeLoopback(string agent)
    {
        Assert.Equal(new InstanceAddress("127.0.0.1", 8080, "http"), await ChooseAsync(agent, "http://localhost:8080"));
        Assert.Equal(new InstanceAddress("::1", 8080, "http"), await ChooseAsync(agent, "http://[::1]:8080"));
    }

    [Fact]
    public async Task Choice_OfAWildcardWithAnAgentOnThisMachine_IsLeftToTheAgent() =>
        Assert.Equal(new InstanceAddress(null, 8080, "http"), await ChooseAsync(LocalAgent, "http://[::]:8080"));

    [Theory]
    [InlineData("10.9.9.9", 9000, "http://10.0.0.1:8080", "10.9.9.9", 9000, "http")]
    [InlineData("10.9.9.9", null, "http://127.0.0.1:8080", "10.9.9.9", 8080, "http")]
    [InlineData(null, 8443, "http://10.0.0.1:8080;https://10.0.0.1:8443", "10.0.0.1", 8443, "https")]
    [InlineData(null, 30080, "http://10.0.0.1:8080", Routed, 30080, "http")]
    [InlineData(null, 30080, "", Routed, 30080, "http")]
    public async Task Choice_WhereOptionsSayMore_FollowsThem(string? address, int? setPort, string listening, string host, int port, string scheme) =>
        Assert.Equal(new InstanceAddress(host, port, scheme), await ChooseAsync(RemoteAgent, listening, options =>
        {
            options.Address = address;
            options.Port = setPort;
        }));

    [Fact]
    public void Choice_OfAnyAddresses_IsNeverAWildcardNorLoopbackAtARemoteAgent() =>
        Gen.Select(
            Gen.OneOf("http", "https"),
            Gen.OneOf("0.0.0.0", "[::]", "127.0.0.1", "[::1]", "localhost", "127.8.8.8", "10.0.0.1", "[2001:db8::1]", "host"),
            Gen.Int[1, 65535]).Array[0, 6].Sample(bound =>
            {
                var chosen = ChooseAsync(RemoteAgent, string.Join(';', bound.Select(static b => $"{b.Item1}://{b.Item2}:{b.Item3}"))).GetAwaiter().GetResult();
                Assert.Equal(bound.Any(static b => !ListenHost.IsLoopback(b.Item2.Trim('[', ']'))), chosen is not null);
                Assert.False(chosen is not null && (chosen.Host is null || ListenHost.IsWildcard(chosen.Host) || ListenHost.IsLoopback(chosen.Host)));
            });

    [Fact]
    public async Task Route_ToAnAgent_IsTheAddressOfTheInterfaceThatTheKernelWouldUse()
    {
        Assert.True(ConsulAddress.TryParse("http://127.0.0.1:8500", out var agent, out _));
        Assert.Equal(IPAddress.Loopback, await AgentRoute.FindAsync(agent, TestContext.Current.CancellationToken));
    }

    private static async Task<InstanceAddress?> ChooseAsync(string agent, string listening, Action<RegistrationOptions>? configure = null)
    {
        var options = new RegistrationOptions();
        configure?.Invoke(options);
        Assert.True(ConsulAddress.TryParse(agent, out var address, out _));
        var choice = new AddressChoice(options, address, static _ => Task.FromResult(IPAddress.Parse(Routed)));
        return await choice.ChooseAsync([.. listening.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(static text => new Uri(text))], CancellationToken.None);
    }
}
