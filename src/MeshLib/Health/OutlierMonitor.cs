using System.Runtime.InteropServices;

namespace MeshLib;

/// <summary>
/// What one endpoint's attempts came to since it was last compared with its peers, and its ejection. Outcomes are counted on any thread, by one addition without a lock;
/// the rest is control code's, under the set's lock, and may be read anywhere.
/// <para>With the object's own header there is room on either side of the count, so that no other object's field is on the line that every attempt writes.</para>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 104)]
internal sealed class OutlierMonitor
{
    private const int FailureBits = 32;

    [FieldOffset(40)]
    private long _outcomes;

    [FieldOffset(48)]
    private long _ejectedUntil;

    [FieldOffset(56)]
    private int _ejections;

    /// <summary>Whether it is set aside.</summary>
    public bool IsEjected => Volatile.Read(ref _ejectedUntil) != 0;

    /// <summary>The timestamp at which the ejection ends; 0 while there is none.</summary>
    public long EjectedUntil => Volatile.Read(ref _ejectedUntil);

    /// <summary>By how many times the base time the last ejection lasted; each interval without an ejection takes one off, down to 0.</summary>
    public int Ejections => Volatile.Read(ref _ejections);

    /// <summary>Counts an attempt. Successes and failures share a word, so that neither is ever seen without the other.</summary>
    public void Count(bool failed) => Interlocked.Add(ref _outcomes, failed ? 1 + (1L << FailureBits) : 1);

    /// <summary>What was counted since the last time, which is forgotten.</summary>
    public OutlierSample Take()
    {
        var outcomes = Interlocked.Exchange(ref _outcomes, 0);
        return new((uint)outcomes, (uint)(outcomes >>> FailureBits));
    }

    /// <summary>Sets it aside until <paramref name="until"/>.</summary>
    public void Eject(long until, int ejections)
    {
        Volatile.Write(ref _ejections, ejections);
        Volatile.Write(ref _ejectedUntil, Math.Max(until, 1));
    }

    /// <summary>Ends an ejection. What came in meanwhile was sent before it.</summary>
    public void Readmit()
    {
        Volatile.Write(ref _ejectedUntil, 0);
        Take();
    }

    /// <summary>An interval in which it gave no reason to be ejected.</summary>
    public void Forgive() => Volatile.Write(ref _ejections, Math.Max(0, Ejections - 1));
}
