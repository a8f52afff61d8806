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
    private long _ejectedUntil;

    /// <summary>Whether it is set aside.</summary>
    public bool IsEjected => Volatile.Read(ref _ejectedUntil) != 0;

    /// <summary>The timestamp at which the ejection ends; 0 while there is none.</summary>
    public long EjectedUntil => Volatile.Read(ref _ejectedUntil);

    /// <summary>By how many times the base time the last ejection lasted; each interval without an ejection takes one off, down to 0.</summary>
    public int Ejections { get; private set; }

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
        Ejections = ejections;
        Volatile.Write(ref _ejectedUntil, Math.Max(until, 1));
    }

    /// <summary>Ends an ejection. What came in meanwhile was sent before it.</summary>
    public void Readmit()
    {
        Volatile.Write(ref _ejectedUntil, 0);
        Take();
    }

    /// <summary>An interval in which it gave no reason to be ejected.</summary>
    public void Forgive() => Ejections = Math.Max(0, Ejections - 1);

    /// <summary>Room on either side: no other object's field is on the line that every attempt writes.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Hot
    {
        [FieldOffset(64)] public long Outcomes;
    }
}
