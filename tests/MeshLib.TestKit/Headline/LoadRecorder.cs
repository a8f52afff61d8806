using System.Globalization;

namespace MeshLib.TestKit.Headline;

/// <summary>Collects the outcome of each call. Safe for calls that end at the same time: each writes its own slot.</summary>
internal sealed class LoadRecorder(int calls)
{
    private readonly TimeSpan[] _latencies = new TimeSpan[calls];
    private readonly string?[] _failures = new string?[calls];

    public void Succeed(int call, TimeSpan latency) => _latencies[call] = latency;

    public void Fail(int call, HttpResponseMessage response) => _failures[call] = ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture);

    public void Fail(int call, Exception exception) => _failures[call] = exception.GetType().Name;

    public LoadFigures Figures(int attempts)
    {
        TimeSpan[] succeeded = [.. _latencies.Where((_, call) => _failures[call] is null)];
        Array.Sort(succeeded);
        var failures = _failures.OfType<string>().GroupBy(failure => failure).ToDictionary(group => group.Key, group => group.Count());
        return new LoadFigures(calls, succeeded.Length, attempts, Quantile(succeeded, 0.50), Quantile(succeeded, 0.99), failures);
    }

    private static TimeSpan Quantile(TimeSpan[] sorted, double quantile) =>
        sorted.Length == 0 ? TimeSpan.Zero : sorted[(int)Math.Ceiling(quantile * sorted.Length) - 1];
}
