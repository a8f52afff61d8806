namespace MeshLib.Scenarios.Tests;

/// <summary>The rounds of a race: the catalogue wants 10 000 of each.</summary>
internal static class Rounds
{
    private const int InFull = 10_000;
    private const int AtOnce = 32;

    public static Task RunAsync(int scaled, Func<Task> round) => Parallel.ForEachAsync(
        Enumerable.Range(0, ScenarioLength.Of(scaled, InFull)),
        new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
        async (_, _) => await round());
}
