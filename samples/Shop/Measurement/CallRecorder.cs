using System.Globalization;

namespace Shop.Measurement;

/// <summary>Collects how calls ended. Safe for calls that end at the same time; the live table reads while they do.</summary>
internal sealed class CallRecorder
{
    private readonly Lock _gate = new();
    private readonly List<double> _latencies = [];
    private readonly Dictionary<string, int> _failures = [];
    private int _offered;

    /// <summary>Calls that have become due.</summary>
    public int Offered => Volatile.Read(ref _offered);

    public void Offer() => Interlocked.Increment(ref _offered);

    public void Succeed(TimeSpan latency)
    {
        lock (_gate)
        {
            _latencies.Add(latency.TotalMilliseconds);
        }
    }

    public void Fail(HttpResponseMessage response) => Fail(((int)response.StatusCode).ToString(CultureInfo.InvariantCulture));

    public void Fail(Exception exception) => Fail(exception.GetType().Name);

    /// <summary>The figures of the calls that have ended.</summary>
    public Figures Figures(long attempts)
    {
        double[] latencies;
        Dictionary<string, int> failures;
        lock (_gate)
        {
            latencies = [.. _latencies];
            failures = new(_failures);
        }

        Array.Sort(latencies);
        return new Figures(latencies.Length + failures.Values.Sum(), latencies.Length, Quantile(latencies, 0.50), Quantile(latencies, 0.99), attempts, failures);
    }

    private void Fail(string reason)
    {
        lock (_gate)
        {
            _failures[reason] = _failures.GetValueOrDefault(reason) + 1;
        }
    }

    private static double? Quantile(double[] sorted, double quantile) =>
        sorted.Length == 0 ? null : sorted[(int)Math.Ceiling(quantile * sorted.Length) - 1];
}
