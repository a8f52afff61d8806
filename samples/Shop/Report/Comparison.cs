using System.Globalization;
using Shop.Measurement;

namespace Shop.Report;

/// <summary>One stack beside MeshLib, in words that follow from the figures alone.</summary>
internal static class Comparison
{
    private const double SuccessMargin = 0.1;
    private const double LatencyFactor = 1.5;
    private const double LatencyMarginMs = 10;
    private const double AttemptsMargin = 0.05;
    private const double ToStruckMargin = 5;

    public static string Of(Figures stack, Figures mesh)
    {
        var better = new List<string>();
        var worse = new List<string>();
        Judge(stack.Success - mesh.Success, SuccessMargin, points => $"{Number(points)} points more succeed", points => $"{Number(points)} points fewer succeed");
        Judge(Late(mesh, stack), 0, _ => "quicker", _ => $"p99 {Number(Ratio(stack, mesh))} × as long");
        Judge(mesh.AttemptsPerRequest - stack.AttemptsPerRequest, AttemptsMargin, _ => "fewer attempts", _ => "more attempts");
        Judge(mesh.ToStruck - stack.ToStruck ?? 0, ToStruckMargin, points => $"{Number(points)} points fewer to the struck", points => $"{Number(points)} points more to the struck");
        return (better, worse) switch
        {
            // What a stack saves by failing is no merit.
            (_, [_, ..]) when stack.Success < mesh.Success - SuccessMargin => string.Join(", ", worse),
            ([], []) => "as good",
            (_, []) => "better: " + string.Join(", ", better),
            ([], _) => string.Join(", ", worse),
            _ => $"{string.Join(", ", better)}, but {string.Join(", ", worse)}",
        };

        void Judge(double advantage, double margin, Func<double, string> ahead, Func<double, string> behind)
        {
            if (advantage > margin)
            {
                better.Add(ahead(advantage));
            }
            else if (advantage < -margin)
            {
                worse.Add(behind(-advantage));
            }
        }
    }

    /// <summary>Positive when <paramref name="one"/> has the longer tail, beyond what chance explains; negative when the other has.</summary>
    private static double Late(Figures one, Figures other) => (one.P99Ms, other.P99Ms) switch
    {
        ({ } longer, { } shorter) when longer > shorter * LatencyFactor + LatencyMarginMs => 1,
        ({ } shorter, { } longer) when longer > shorter * LatencyFactor + LatencyMarginMs => -1,
        _ => 0,
    };

    private static double Ratio(Figures stack, Figures mesh) => stack.P99Ms / mesh.P99Ms ?? 0;

    private static string Number(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);
}
