namespace MeshLib;

/// <summary>The values of an option: how they are written in configuration and which are allowed.</summary>
internal abstract class OptionValue<T>
{
    /// <summary>What a value is, to stand after "is not": <c>a whole number</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>Which values are allowed, to stand after "allowed is".</summary>
    public abstract string Allowed { get; }

    /// <summary>Whether a value is several texts rather than one.</summary>
    public virtual bool IsList => false;

    public abstract bool TryParse(IReadOnlyList<string> texts, out T value);

    public abstract bool Allows(T value);

    public virtual IReadOnlyList<string> Print(T value) => [FormattableString.Invariant($"{value}")];
}
