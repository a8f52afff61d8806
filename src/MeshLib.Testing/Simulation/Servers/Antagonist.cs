namespace MeshLib.Testing.Simulation;

/// <summary>
/// Other work on the server's machine, in the spirit of the Prequal paper (Wydrowski et al., NSDI 2024): at the beginning of each epoch it takes a part of the speed with some probability, until the next one.
/// </summary>
/// <param name="Epoch">The length of an epoch, 1 ms or more.</param>
/// <param name="Probability">The chance of an epoch to be disturbed, 0 to 1.</param>
/// <param name="LeastLoss">The least part of the speed that is lost then, 0 to <paramref name="MostLoss"/>.</param>
/// <param name="MostLoss">The most, 0 to 1; in between it is uniform.</param>
public sealed record Antagonist(TimeSpan Epoch, double Probability, double LeastLoss, double MostLoss);
