namespace MeshLib.Tests.LoadBalancing;

/// <summary>
/// One client, one balancer, servers without queueing (algorithms 3.10): Poisson arrivals, each served in N(latency, latency/10), or failed at once with the
/// probability that the script gives. No breaker, no retry: the balancer alone. All times virtual.
/// </summary>
internal sealed class SinkholeSimulation(int endpoints, double ratePerSecond, double latency, int seed, Func<int, double, double> failureProbability)
{
    private const double FailsAfter = 0.001;
    private readonly Random _random = new(seed);
    private readonly PriorityQueue<(MeshEndpoint Endpoint, double Seconds, bool Failed), double> _endings = new();

    public required LoadBalancer Balancer { get; init; }

    /// <summary>Retry-After of every failure, in seconds.</summary>
    public double Hint { get; init; }

    public MeshEndpoint[] Endpoints { get; } = new Subjects().Endpoints(endpoints);

    /// <summary>Attempts begun in each second, by endpoint.</summary>
    public List<int[]> Attempts { get; } = [];

    public List<int[]> Failures { get; } = [];

    public int TotalAttempts(int from, int to) => Attempts[from..to].Sum(second => second.Sum());

    public double SuccessPercent(int from, int to) => 100 - (100.0 * Failures[from..to].Sum(second => second.Sum()) / TotalAttempts(from, to));

    /// <summary>The part of the attempts in [from, to) that went to an endpoint.</summary>
    public double Share(int endpoint, int from, int to) => Attempts[from..to].Sum(second => second[endpoint]) / (double)TotalAttempts(from, to);

    public SinkholeSimulation Run(int seconds)
    {
        var picker = Balancer.CreatePicker(Endpoints);
        for (var i = 0; i < seconds; i++)
        {
            Attempts.Add(new int[Endpoints.Length]);
            Failures.Add(new int[Endpoints.Length]);
        }

        for (var now = 0.0; now < seconds; now += -Math.Log(1 - _random.NextDouble()) / ratePerSecond)
        {
            EndUntil(now);
            var endpoint = picker.Pick(Subjects.Call(now))!;
            var index = Array.IndexOf(Endpoints, endpoint);
            endpoint.Load.Begin();
            Attempts[(int)now][index]++;
            var failed = _random.NextDouble() < failureProbability(index, now);
            Failures[(int)now][index] += failed ? 1 : 0;
            var took = failed ? FailsAfter : Math.Max(latency * (1 + (0.1 * Normal())), FailsAfter);
            _endings.Enqueue((endpoint, took, failed), now + took);
        }

        return this;
    }

    private void EndUntil(double now)
    {
        while (_endings.TryPeek(out var ending, out var at) && at <= now)
        {
            _endings.Dequeue();
            var load = ending.Endpoint.Load;
            load.End();
            if (ending.Failed)
            {
                load.ObserveFailure(PeerLoad.Median(Endpoints, ending.Endpoint, Subjects.At(at), _random), Hint, Subjects.At(at));
            }
            else
            {
                load.ObserveSuccess(ending.Seconds, Subjects.At(at));
            }
        }
    }

    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
}
