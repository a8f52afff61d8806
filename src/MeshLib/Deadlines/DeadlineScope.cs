namespace MeshLib;

/// <summary>Restores, when disposed, the ambient deadline that was in force before. To be disposed by the method that opened it.</summary>
public readonly record struct DeadlineScope : IDisposable
{
    private readonly Deadline? _entered;
    private readonly Deadline? _previous;

    private DeadlineScope(Deadline? entered, Deadline? previous)
    {
        _entered = entered;
        _previous = previous;
    }

    /// <summary>Restores the deadline that was ambient before. Does nothing the second time, or where another deadline is ambient.</summary>
    public void Dispose()
    {
        if (!ReferenceEquals(_entered, _previous) && ReferenceEquals(Deadline.Current, _entered))
        {
            Deadline.SetCurrent(_previous);
        }
    }

    internal static DeadlineScope Enter(Deadline? deadline)
    {
        var previous = Deadline.Current;

        // Writing an AsyncLocal copies the execution context; entering what is already ambient is free.
        if (!ReferenceEquals(deadline, previous))
        {
            Deadline.SetCurrent(deadline);
        }

        return new DeadlineScope(deadline, previous);
    }
}
