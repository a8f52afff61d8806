using MeshLib.TestKit;
using MeshLib.Tests.Calls;
using Microsoft.Extensions.Time.Testing;
using static MeshLib.Tests.Locality.ZonedMesh;

namespace MeshLib.Tests.Locality;

/// <summary>Zones a, b and c, each with callers and instances; the whole mesh of every caller on virtual time.</summary>
[Trait("Scenario", "E31")]
public class ZoneLossTests
{
    private static readonly TimeSpan BetweenCalls = TimeSpan.FromMilliseconds(5);

    [Fact]
    public async Task ZoneLost_CostsNoCallsAndIsUsedAgainSoonAfterItHeals()
    {
        await using var fleet = await ZonedFleet.StartAsync(("a", 10), ("b", 10), ("c", 10));
        await fleet.RunAsync(seconds: 10);
        Assert.Equal(1, fleet.LocalShare);

        fleet.Dead = "a";
        await fleet.RunAsync(seconds: 30);
        Assert.InRange(fleet.Goodput, 0.995, 1);

        // As soon as the breakers know, the load of the zone that is gone is on the others, and evenly.
        await fleet.RunAsync(seconds: 10);
        Assert.All(fleet.LoadsOf("b", "c"), static load => Assert.InRange(load, 0.5, 1.6));

        fleet.Dead = null;
        await fleet.RunAsync(seconds: 30);
        await fleet.RunAsync(seconds: 10);
        Assert.InRange(1 - fleet.LocalShare, 0, 0.05);
        Assert.Equal(1, fleet.Goodput);
    }

    [Fact]
    public async Task ZoneWithOneOfTwenty_IsNotOverrun()
    {
        await using var fleet = await ZonedFleet.StartAsync(("a", 1), ("b", 10), ("c", 9));
        await fleet.RunAsync(seconds: 30);

        Assert.InRange(Assert.Single(fleet.LoadsOf("a")), 0, 1.5);
    }

    [Fact]
    public async Task ZoneThatIsLeftWithOneOfTen_IsNotOverrun()
    {
        await using var fleet = await ZonedFleet.StartAsync(("a", 10), ("b", 10), ("c", 10));
        fleet.DeadEndpoints.UnionWith(Zoned(("a", 9)).Select(static endpoint => endpoint.Address));
        await fleet.RunAsync(seconds: 10);
        await fleet.RunAsync(seconds: 30);

        Assert.InRange(fleet.LoadsOf("a").Max(), 0, 1.5);
        Assert.InRange(fleet.Goodput, 0.995, 1);
    }

    private sealed class ZonedFleet : IAsyncDisposable
    {
        private readonly FakeTimeProvider _time = new();
        private readonly Dictionary<string, string> _zones;
        private readonly List<(string Zone, VirtualMesh Mesh)> _callers = [];
        private readonly Dictionary<string, int> _served = [];
        private int _calls;
        private int _good;
        private int _local;

        private ZonedFleet(ManualEndpoint[] endpoints) => _zones = endpoints.ToDictionary(static endpoint => endpoint.Address, static endpoint => endpoint.Metadata!.Zone!);

        public string? Dead { get; set; }

        public HashSet<string> DeadEndpoints { get; } = [];

        public double Goodput => (double)_good / _calls;

        public double LocalShare => (double)_local / _good;

        public static async Task<ZonedFleet> StartAsync(params (string Zone, int Count)[] zones)
        {
            var endpoints = Zoned(zones);
            var fleet = new ZonedFleet(endpoints);
            foreach (var (zone, _) in zones)
            {
                var mesh = await ZonedMesh.StartAsync(zone, endpoints, callers: Callers(zone, ("a", 1), ("b", 1), ("c", 1)), time: fleet._time);
                mesh.Transport.Answer(request => fleet.Serve(zone, request));
                fleet._callers.Add((zone, mesh));
            }

            return fleet;
        }

        /// <summary>200 calls a second, round the zones; the figures are those of the last run.</summary>
        public async Task RunAsync(double seconds)
        {
            (_calls, _good, _local) = (0, 0, 0);
            _served.Clear();
            for (; _calls * BetweenCalls.TotalSeconds < seconds; _calls++)
            {
                _time.Advance(BetweenCalls);
                try
                {
                    using var response = await _callers[_calls % _callers.Count].Mesh.GetAsync().WithinHangLimit();
                    _good += response.IsSuccessStatusCode ? 1 : 0;
                }
                catch (HttpRequestException)
                {
                    // Counts as what it is: no good answer.
                }
            }
        }

        /// <summary>What each live endpoint of the zones has served, relative to the mean of all that live.</summary>
        public IReadOnlyList<double> LoadsOf(params string[] zones)
        {
            var live = _zones.Keys.Where(IsLive).ToList();
            var mean = (double)_served.Values.Sum() / live.Count;
            return [.. live.Where(address => zones.Contains(_zones[address])).Select(address => _served.GetValueOrDefault(address) / mean)];
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var (_, mesh) in _callers)
            {
                await mesh.DisposeAsync();
            }
        }

        private bool IsLive(string address) => _zones[address] != Dead && !DeadEndpoints.Contains(address);

        private HttpResponseMessage Serve(string caller, ScriptedRequest request)
        {
            if (!IsLive(request.Endpoint))
            {
                throw TransportErrors.Refused();
            }

            _served[request.Endpoint] = _served.GetValueOrDefault(request.Endpoint) + 1;
            _local += _zones[request.Endpoint] == caller ? 1 : 0;
            return ScriptedTransport.Response(200);
        }
    }
}
