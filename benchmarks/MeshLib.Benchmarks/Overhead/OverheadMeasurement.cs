namespace MeshLib.Benchmarks;

/// <summary>
/// Measures all subjects in rounds: each round runs every subject, the ratio is formed inside the round, and the median over the rounds is reported.
/// What the machine does meanwhile is done to all of them. Allocation is exact: the thread's own counter.
/// </summary>
internal static class OverheadMeasurement
{
    // Short slices: on a busy machine most of them run undisturbed, and the median drops those that did not.
    private const int Rounds = 301;
    private const int CallsPerRound = 1_000;
    private const int WarmUpCalls = 60_000;

    public static IReadOnlyList<OverheadFigures> Run(IReadOnlyList<OverheadSubject> subjects, BodyUse use)
    {
        foreach (var subject in subjects)
        {
            // In two parts, with a pause between them in which the second tier of the compiler gets its turn.
            Repeat(subject, use, WarmUpCalls / 2);
            WaitForCompiler();
            Repeat(subject, use, WarmUpCalls / 2);
        }

        var nanoseconds = new double[subjects.Count, Rounds];
        var bytes = new double[subjects.Count, Rounds];
        for (var round = 0; round < Rounds; round++)
        {
            for (var turn = 0; turn < subjects.Count; turn++)
            {
                // Every round begins with another subject, so that none always follows the same one.
                var index = (turn + round) % subjects.Count;
                (nanoseconds[index, round], bytes[index, round]) = Measure(subjects[index], use);
            }
        }

        var baseline = Median(Row(bytes, 0));
        return [.. subjects.Select((subject, index) => new OverheadFigures(
            subject.Name,
            Median(Row(nanoseconds, index)),
            Spread.Of(Enumerable.Range(0, Rounds).Select(round => nanoseconds[index, round] / nanoseconds[0, round])),
            Median(Enumerable.Range(0, Rounds).Select(round => nanoseconds[index, round] - nanoseconds[0, round])),
            Median(Row(bytes, index)),
            Median(Row(bytes, index)) - baseline))];
    }

    private static (double Nanoseconds, double Bytes) Measure(OverheadSubject subject, BodyUse use)
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var started = TimeProvider.System.GetTimestamp();
        Repeat(subject, use, CallsPerRound);
        var elapsed = TimeProvider.System.GetElapsedTime(started);
        return (elapsed.TotalNanoseconds / CallsPerRound, (double)(GC.GetAllocatedBytesForCurrentThread() - allocated) / CallsPerRound);
    }

    private static void Repeat(OverheadSubject subject, BodyUse use, int calls)
    {
        for (var call = 0; call < calls; call++)
        {
            subject.Call(use);
        }
    }

    private static void WaitForCompiler() => Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System).GetAwaiter().GetResult();

    private static IEnumerable<double> Row(double[,] samples, int index) => Enumerable.Range(0, Rounds).Select(round => samples[index, round]);

    private static double Median(IEnumerable<double> samples) => Spread.Of(samples).Median;
}
