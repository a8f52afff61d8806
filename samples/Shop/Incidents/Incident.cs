namespace Shop.Incidents;

/// <summary>Something that happens to the shop while it is under load. It is played once for each stack, always in the same way.</summary>
internal abstract class Incident
{
    /// <summary>When, after the load has begun, the mishap strikes.</summary>
    protected static readonly TimeSpan Strike = TimeSpan.FromMilliseconds(500);

    /// <summary>The name on the command line and in the report.</summary>
    public abstract string Name { get; }

    /// <summary>The name in the table.</summary>
    public abstract string Title { get; }

    /// <summary>The load lasts this long at least, and until the incident has been played: a thousand calls, so that 99.9 % means something.</summary>
    public virtual TimeSpan Load => TimeSpan.FromSeconds(2.6);

    /// <summary>The share of calls, in percent, that MeshLib has to answer; null where no instance is healthy.</summary>
    public virtual double? Required => 99.9;

    /// <summary>
    /// The share of attempts, in percent, that MeshLib may send to the struck instance once it had time to notice; null where no instance is struck that would show in it. Blind is an even share.
    /// </summary>
    public virtual double? MostToStruck => null;

    /// <summary>Plays while the load runs.</summary>
    public abstract Task PlayAsync(Scene scene);

    /// <summary>Puts right what is broken, once the last call has ended.</summary>
    public virtual Task RepairAsync(Scene scene) => Task.CompletedTask;
}
