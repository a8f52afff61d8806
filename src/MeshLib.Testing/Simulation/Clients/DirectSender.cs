using System.Net;

namespace MeshLib.Testing.Simulation;

/// <summary>Sends each request once, to the server that is chosen for it, and waits as long as the scenario's callers do.</summary>
internal abstract class DirectSender : RequestSender
{
    private readonly SimulationRun _run;
    private readonly OutcomeClassifier _classifier;
    private readonly Stack<Flight> _pool = [];
    private readonly long _patience;

    protected DirectSender(SimulationRun run)
    {
        _run = run;
        _classifier = new OutcomeClassifier(run.Time);
        _patience = run.Scenario.GiveUpAfter?.Ticks ?? long.MaxValue;
    }

    public override void Send(in SimulatedRequest request)
    {
        var now = _run.Time.Now;
        var flight = _pool.TryPop(out var used) ? used : new Flight(this);
        flight.Begin(request, now);
        if (Choose(flight) is not { } server)
        {
            _run.Recorder.End(now, answered: false);
            return;
        }

        var answer = _run.Fleet.Send(server, request.Work);
        var gaveUp = _patience < answer.At - now;
        flight.Reason = gaveUp ? OutcomeReason.Timeout : ReasonOf(answer);
        if (gaveUp || answer.At != long.MaxValue)
        {
            _run.Time.Schedule(gaveUp ? now + _patience : answer.At, flight);
        }
    }

    /// <summary>The server for one request; <see langword="null"/> when there is none.</summary>
    protected abstract int? Choose(Flight flight);

    /// <summary>Learns what came of it.</summary>
    protected abstract void Settle(Flight flight, double elapsed, long now);

    private OutcomeReason ReasonOf(in ServerAnswer answer)
    {
        switch (answer.Fate)
        {
            case ServerFate.Refused:
                return OutcomeReason.ConnectFailed;
            case ServerFate.Reset:
                return OutcomeReason.Reset;
            default:
                if (answer.Status == (int)HttpStatusCode.OK)
                {
                    return OutcomeReason.Ok;
                }

                using (var response = new HttpResponseMessage((HttpStatusCode)answer.Status))
                {
                    return _classifier.Classify(response, grpc: false, deadlineSpent: false).Reason;
                }
        }
    }

    private void End(Flight flight)
    {
        var now = _run.Time.Now;
        Settle(flight, (now - flight.Started) / (double)TimeSpan.TicksPerSecond, now);
        _run.Recorder.End(flight.Started, flight.Reason == OutcomeReason.Ok);
        _pool.Push(flight);
    }

    /// <summary>A request on its way.</summary>
    internal sealed class Flight(DirectSender sender) : VirtualEvent
    {
        public int Client { get; private set; }

        public string? Key { get; private set; }

        public long Started { get; private set; }

        public OutcomeReason Reason { get; set; }

        public EndpointTicket Ticket { get; set; }

        public int Server { get; set; }

        public void Begin(in SimulatedRequest request, long now)
        {
            (Client, Key) = (request.Client, request.Key);
            Started = now;
        }

        public override void Happen() => sender.End(this);
    }
}
