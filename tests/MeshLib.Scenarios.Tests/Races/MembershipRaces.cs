using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Scenarios.Tests.Races;

/// <summary>Endpoints that come and go while their breakers open and close.</summary>
public class MembershipRaces
{
    private const int Rounds = 10_000;

    [Fact]
    public async Task R02_WhenEndpointsLeaveAndReturnWhileTheirBreakersChange_EverySnapshotIsOfOnePiece()
    {
        await using var host = new ServiceCollection().AddMesh().AddEndpoints("orders", "http://10.0.0.1", "http://10.0.0.2", "http://10.0.0.3").Services.BuildServiceProvider();
        var clock = host.GetRequiredService<MeshEnvironment>().Clock;
        var set = host.GetRequiredService<MeshServices>().Find(new EndpointSetKey("http", "orders", -1))!;
        await set.Ready.WithinHangLimit();
        var all = set.Snapshot!.All.Select(static endpoint => new DiscoveredEndpoint(endpoint.Address, endpoint.Metadata, null)).ToArray();
        var ended = false;

        await Task.WhenAll(Task.Run(ComeAndGo), Task.Run(FailAndHeal), Task.Run(FailAndHeal), Task.Run(Look)).WithinHangLimit();

        set.Publish(new EndpointUpdate(all, Authoritative: false, Status: null));
        var final = set.Snapshot!;
        Assert.Equal(all.Length, final.All.Count);
        Assert.Equal(final.All.Where(static endpoint => endpoint.Breaker.State != BreakerState.Closed), final.CutOff);

        void ComeAndGo()
        {
            for (var round = 0; round < Rounds; round++)
            {
                set.Publish(new EndpointUpdate([.. all.Where((_, index) => index != round % (all.Length + 1))], Authoritative: false, Status: null));
            }

            Volatile.Write(ref ended, true);
        }

        void FailAndHeal()
        {
            while (!Volatile.Read(ref ended))
            {
                foreach (var endpoint in set.Snapshot!.All)
                {
                    var probes = endpoint.Breaker.TryBeginProbe(long.MaxValue, TimeSpan.Zero, out var generation, out _);
                    var ticket = new EndpointTicket(endpoint, probes ? generation : endpoint.Breaker.Generation);
                    set.Settle(ticket, probes ? OutcomeReason.Ok : OutcomeReason.ConnectFailed, TimeSpan.Zero, 0.001, clock.Now());
                }
            }
        }

        void Look()
        {
            while (!Volatile.Read(ref ended))
            {
                var snapshot = set.Snapshot!;
                Assert.All(snapshot.CutOff, endpoint => Assert.Contains(endpoint, snapshot.All));
                var call = new MeshCall(new HttpRequestMessage(HttpMethod.Get, "http://orders/"), clock.Now());
                if (snapshot.Picker?.Pick(call) is { } picked)
                {
                    Assert.Contains(picked, snapshot.All);
                    Assert.DoesNotContain(picked, snapshot.CutOff);
                }
            }
        }
    }
}
