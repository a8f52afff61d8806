namespace MeshLib;

/// <summary>What an endpoint's attempts came to in one interval.</summary>
/// <param name="Total">Attempts that say something about the endpoint.</param>
/// <param name="Failures">Those of them that failed.</param>
internal readonly record struct OutlierSample(uint Total, uint Failures)
{
    public double SuccessRate => Total == 0 ? 1 : (double)(Total - Failures) / Total;

    public double FailureRatio => Total == 0 ? 0 : (double)Failures / Total;
}
