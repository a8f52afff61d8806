using System.Globalization;

namespace MeshLib.Scenarios.Tests;

/// <summary>The calls of one phase of a scenario, and its figures.</summary>
internal sealed class Load(IReadOnlyList<CallResult> calls)
{
    public IReadOnlyList<CallResult> Calls => calls;

    public int Offered => calls.Count;

    /// <summary>Right answers in time, as a share of the calls offered.</summary>
    public double Goodput => (double)calls.Count(call => call.Succeeded) / calls.Count;

    /// <summary>Attempts by the mesh's own account, those that no server can have seen included, per call offered.</summary>
    public double AttemptsPerCall => (double)calls.Sum(call => call.Attempts) / calls.Count;

    public IEnumerable<CallResult> Failed => calls.Where(call => !call.Succeeded);

    public int AttemptsTo(Uri endpoint) => calls.Sum(call => call.AttemptsTo(endpoint));

    public TimeSpan Percentile(double share)
    {
        var sorted = calls.Select(call => call.Elapsed).Order().ToList();
        return sorted[Math.Min((int)(share * sorted.Count), sorted.Count - 1)];
    }

    /// <summary>Fails with the figures and the first failed calls, not with a bare number.</summary>
    public void AssertGoodput(double atLeast) => Assert.True(
        Goodput >= atLeast,
        string.Create(CultureInfo.InvariantCulture, $"Goodput {Goodput:P2}, wanted {atLeast:P2}. Failed:{Environment.NewLine}{string.Join(Environment.NewLine, Failed.Take(10))}"));

    public static Load operator +(Load first, Load second) => new([.. first.Calls, .. second.Calls]);

    public static Load Add(Load first, Load second) => first + second;
}
