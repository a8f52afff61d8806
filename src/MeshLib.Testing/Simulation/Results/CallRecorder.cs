namespace MeshLib.Testing.Simulation;

/// <summary>Writes down what the clients of one run see.</summary>
internal sealed class CallRecorder
{
    private readonly SimulationScenario _scenario;
    private readonly VirtualTime _time;
    private readonly Fleet _fleet;
    private readonly LatencyHistogram _all = new();
    private readonly LatencyHistogram _interval = new();
    private readonly List<SimulationInterval> _timeline = [];
    private readonly long _countedFrom;
    private long _begun;
    private long _counted;
    private long _good;
    private long _goodInInterval;
    private long[] _requestsBefore;
    private long _nextInterval;
    private ulong _fingerprint = 14695981039346656037;

    public CallRecorder(SimulationScenario scenario, VirtualTime time, Fleet fleet)
    {
        _scenario = scenario;
        _time = time;
        _fleet = fleet;
        _countedFrom = VirtualTime.TimestampOf(scenario.WarmUp);
        _requestsBefore = [.. fleet.Requests];
        _nextInterval = VirtualTime.TimestampOf(scenario.Interval);
    }

    /// <summary>Calls that have begun and not ended.</summary>
    public long Open { get; private set; }

    public void Begin()
    {
        CloseIntervals();
        _begun++;
        Open++;
        if (_time.Now >= _countedFrom)
        {
            _counted++;
        }
    }

    public void End(long started, bool answered)
    {
        CloseIntervals();
        Open--;
        var latency = _time.Now - started;
        var good = answered && latency <= _scenario.SuccessWithin.Ticks;
        Mix((ulong)started);
        Mix((ulong)latency);
        Mix(good ? 1UL : 0);
        _interval.Add(latency);
        _goodInInterval += good ? 1 : 0;
        if (started >= _countedFrom)
        {
            _all.Add(latency);
            _good += good ? 1 : 0;
        }
    }

    public SimulationResult ToResult(string client, int seed)
    {
        CloseInterval();
        while (_all.Count < _counted)
        {
            // Nobody has ever answered it: it lasted longer than anything that was.
            _all.Add(long.MaxValue);
        }

        long[] requests = [.. _fleet.Requests];
        var total = requests.Sum();
        foreach (var count in requests)
        {
            Mix((ulong)count);
        }

        return new(_all)
        {
            Scenario = _scenario.Name,
            Client = client,
            Seed = seed,
            Calls = _counted,
            Success = _counted == 0 ? 1 : (double)_good / _counted,
            Amplification = _begun == 0 ? 0 : (double)total / _begun,
            Shares = [.. requests.Select(count => total == 0 ? 0 : (double)count / total)],
            Timeline = _timeline,
            Fingerprint = _fingerprint,
        };
    }

    private void CloseIntervals()
    {
        while (_time.Now >= _nextInterval)
        {
            CloseInterval();
        }
    }

    private void CloseInterval()
    {
        long[] requests = [.. _fleet.Requests];
        var from = (_scenario.Interval * (_timeline.Count + 1)) - _scenario.Interval;
        _timeline.Add(new(
            from,
            _interval.Count,
            _interval.Count == 0 ? 1 : (double)_goodInInterval / _interval.Count,
            _interval.Quantile(0.5),
            _interval.Quantile(0.99),
            [.. requests.Zip(_requestsBefore, static (after, before) => after - before)]));
        _requestsBefore = requests;
        _interval.Clear();
        _goodInInterval = 0;
        _nextInterval += _scenario.Interval.Ticks;
    }

    // FNV-1a, a word at a time.
    private void Mix(ulong value) => _fingerprint = (_fingerprint ^ value) * 1099511628211;
}
