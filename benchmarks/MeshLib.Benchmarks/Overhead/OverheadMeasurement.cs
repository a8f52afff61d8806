namespace MeshLib.Benchmarks;

/// <summary>
/// Measures all subjects in rounds: each round runs every subject for the same time, the ratio is formed inside the round, and the median over the quieter half
/// of the rounds is reported. What the machine does meanwhile is done to all of them. Allocation is exact: the thread's own counter.
/// </summary>
internal static class OverheadMeasurement
{
    private const int Rounds = 401;
    private const int WarmUpCalls = 60_000;
    private const int EstimateCalls = 500;

    // As long for the slow as for the fast: on a busy machine each is interrupted equally often, and most slices not at all.
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(1);

    public static IReadOnlyList<OverheadFigures> Run(IReadOnlyList<OverheadSubject> subjects, BodyUse use)
    {
        foreach (var subject in subjects)
        {
            // In two parts, with a pause between them in which the second tier of the compiler gets its turn.
            Repeat(subject, use, WarmUpCalls / 2);
            WaitForCompiler();
            Repeat(subject, use, WarmUpCalls / 2);
        }

        int[] calls = [.. subjects.Select(subject => CallsPerSlice(subject, use))];
        var nanoseconds = new double[subjects.Count, Rounds];
        var bytes = new double[subjects.Count, Rounds];
        for (var round = 0; round < Rounds; round++)
        {
            for (var turn = 0; turn < subjects.Count; turn++)
            {
                // Every round begins with another subject, so that none always follows the same one.
                var index = (turn + round) % subjects.Count;
                (nanoseconds[index, round], bytes[index, round]) = Measure(subjects[index], use, calls[index]);
            }
        }

        int[] quiet = [.. Enumerable.Range(0, Rounds)
            .OrderBy(round => Enumerable.Range(0, subjects.Count).Sum(index => nanoseconds[index, round] * calls[index]))
            .Take((Rounds + 1) / 2)];
        var baseline = Median(quiet, bytes, 0);
        return [.. subjects.Select((subject, index) => new OverheadFigures(
            subject.Name,
            Median(quiet, nanoseconds, index),
            Spread.Of(quiet.Select(round => nanoseconds[index, round] / nanoseconds[0, round])),
            Spread.Of(quiet.Select(round => nanoseconds[index, round] - nanoseconds[0, round])).Median,
            Median(quiet, bytes, index),
            Median(quiet, bytes, index) - baseline))];
    }

    private static int CallsPerSlice(OverheadSubject subject, BodyUse use)
    {
        var fastest = Enumerable.Range(0, 20).Min(_ => Measure(subject, use, EstimateCalls).Nanoseconds);
        return (int)Math.Max(1, Slice.TotalNanoseconds / fastest);
    }

    private static (double Nanoseconds, double Bytes) Measure(OverheadSubject subject, BodyUse use, int calls)
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var started = TimeProvider.System.GetTimestamp();
        Repeat(subject, use, calls);
        var elapsed = TimeProvider.System.GetElapsedTime(started);
        return (elapsed.TotalNanoseconds / calls, (double)(GC.GetAllocatedBytesForCurrentThread() - allocated) / calls);
    }

    private static void Repeat(OverheadSubject subject, BodyUse use, int calls)
    {
        for (var call = 0; call < calls; call++)
        {
            subject.Call(use);
        }
    }

    private static void WaitForCompiler() => Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System).GetAwaiter().GetResult();

    private static double Median(int[] rounds, double[,] samples, int index) => Spread.Of(rounds.Select(round => samples[index, round])).Median;
}
