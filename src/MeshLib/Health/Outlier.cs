namespace MeshLib;

/// <summary>An endpoint that <see cref="OutlierDetector"/> ejects.</summary>
/// <param name="Index">Which of those that were compared.</param>
/// <param name="Reason">The rule.</param>
/// <param name="Sample">What it was judged by.</param>
/// <param name="Mean">The mean success rate of all that were compared.</param>
/// <param name="For">How long it is ejected.</param>
internal readonly record struct Outlier(int Index, EjectionReason Reason, OutlierSample Sample, double Mean, TimeSpan For);
