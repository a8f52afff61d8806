using MeshLib.Tests.Calls;

namespace MeshLib.Tests.Endpoints;

/// <summary>
/// One client on virtual time over a mesh's endpoint set: Poisson arrivals, servers without queues, each answering in N(latency, latency/10). Picks and outcomes are the set's own; no request is sent.
/// </summary>
internal sealed class SetSimulation(VirtualMesh mesh, double ratePerSecond, double latency, int seed)
{
    private readonly Random _random = new(seed);
    private readonly PriorityQueue<(EndpointTicket Ticket, double Seconds, OutcomeReason Reason), double> _endings = new();
    private readonly Dictionary<MeshEndpoint, int> _picks = [];
    private double _now;

    /// <summary>How an endpoint answers; well if nobody says otherwise.</summary>
    public Func<MeshEndpoint, OutcomeReason> Answer { get; set; } = static _ => OutcomeReason.Ok;

    public int Picks => _picks.Values.Sum();

    /// <summary>Calls that found nowhere to go.</summary>
    public int Refused { get; private set; }

    public int Failed { get; private set; }

    public int PicksOf(MeshEndpoint endpoint) => _picks.GetValueOrDefault(endpoint);

    public double ShareOf(MeshEndpoint endpoint) => (double)PicksOf(endpoint) / Picks;

    /// <summary>Runs for a while and counts anew.</summary>
    public SetSimulation Run(double seconds)
    {
        _picks.Clear();
        (Refused, Failed) = (0, 0);
        for (var end = _now + seconds; ;)
        {
            var next = _now - (Math.Log(1 - _random.NextDouble()) / ratePerSecond);
            if (next >= end)
            {
                PassTo(end);
                return this;
            }

            PassTo(next);
            Call();
        }
    }

    private void Call()
    {
        var now = mesh.Time.GetTimestamp();
        if (!mesh.Set.TryPick(new MeshCall(VirtualMesh.Request(), now), out var ticket, out _))
        {
            Refused++;
            return;
        }

        var endpoint = ticket.Endpoint;
        _picks[endpoint] = PicksOf(endpoint) + 1;
        endpoint.Load.Begin();
        var reason = Answer(endpoint);
        Failed += reason == OutcomeReason.Ok ? 0 : 1;
        var took = Math.Max(reason == OutcomeReason.Ok ? latency * (1 + (0.1 * Normal())) : 0.001, 0.001);
        _endings.Enqueue((ticket, took, reason), _now + took);
    }

    private void PassTo(double time)
    {
        while (_endings.TryPeek(out var ending, out var at) && at <= time)
        {
            _endings.Dequeue();
            Advance(at);
            mesh.Set.Settle(ending.Ticket, ending.Reason, TimeSpan.Zero, ending.Seconds, mesh.Time.GetTimestamp());
            ending.Ticket.Endpoint.Load.End();
        }

        Advance(time);
    }

    private void Advance(double time)
    {
        mesh.Time.Advance(TimeSpan.FromSeconds(Math.Max(0, time - _now)));
        _now = Math.Max(_now, time);
    }

    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
}
