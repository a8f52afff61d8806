using System.Runtime.InteropServices;

namespace MeshLib;

/// <summary>
/// What one endpoint's attempts came to since it was last compared with its peers, and its ejection. Outcomes are counted on any thread, by one addition without a lock;
/// the rest is control code's, under the set's lock, and may be read anywhere.
/// </summary>
internal sealed class OutlierMonitor
{
    private const int FailureBits = 32;

    private Hot _hot;

    /// <summary>Whether it is set aside.</summary>
    public bool IsEjected => Volatile.Read(ref _hot.EjectedUntil) != 0;

    /// <summary>The timestamp at which the ejection ends; 0 while there is none.</summary>
    public long EjectedUntil => Volatile.Read(ref _hot.EjectedUntil);

    /// <summary>By how many times the base time the last ejection lasted; each interval without an ejection takes one off, down to 0.</summary>
    public int Ejections => Volatile.Read(ref _hot.Ejections);

    /// <summary>Counts an attempt. Successes and failures share a word, so that neither is ever seen without the other.</summary>
    public void Count(bool failed) => Interlocked.Add(ref _hot.Outcomes, failed ? 1 + (1L << FailureBits) : 1);

    /// <summary>What was counted since the last time, which is forgotten.</summary>
    public OutlierSample Take()
    {
        var outcomes = Interlocked.Exchange(ref _hot.Outcomes, 0);
        return new((uint)outcomes, (uint)(outcomes >>> FailureBits));
    }

    /// <summary>Sets it aside until <paramref name="until"/>.</summary>
    public void Eject(long until, int ejections)
    {
        Volatile.Write(ref _hot.Ejections, ejections);
        Volatile.Write(ref _hot.EjectedUntil, Math.Max(until, 1));
    }

    /// <summary>Ends an ejection. What came in meanwhile was sent before it.</summary>
    public void Readmit()
    {
        Volatile.Write(ref _hot.EjectedUntil, 0);
        Take();
    }

    /// <summary>An interval in which it gave no reason to be ejected.</summary>
    public void Forgive() => Volatile.Write(ref _hot.Ejections, Math.Max(0, Ejections - 1));

    /// <summary>Room behind the count, which every attempt writes: the next object in memory may be another endpoint. The one before belongs to the same.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 64)]
    private struct Hot
    {
        [FieldOffset(0)] public long Outcomes;
        [FieldOffset(8)] public long EjectedUntil;
        [FieldOffset(16)] public int Ejections;
    }
}
