namespace MeshLib.Testing.Simulation;

/// <summary>What a primary handler does, without a network.</summary>
/// <param name="run">The run.</param>
/// <param name="send">Hands a request to one of the scenario's servers, now.</param>
internal sealed class SimulatedNetwork(SimulationRun run, Func<HttpRequestMessage, int, ServerAnswer> send) : HttpMessageHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var answer = send(request, SimulatedHost.IndexOf(request.RequestUri!));
        var exchange = new SimulatedExchange(request, answer, cancellationToken);
        if (answer.At != long.MaxValue)
        {
            run.Time.Schedule(answer.At, exchange);
        }

        return exchange.Response;
    }
}
