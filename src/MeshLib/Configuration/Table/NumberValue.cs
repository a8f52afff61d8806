using System.Globalization;
using System.Numerics;

namespace MeshLib;

/// <summary>A number within bounds, written without group separators and with a dot; or 0 where that switches something off.</summary>
internal sealed class NumberValue<T>(T least, T most) : OptionValue<T>
    where T : struct, INumber<T>
{
    public T Least => least;

    public T Most => most;

    /// <summary>Whether 0 is allowed beside the numbers within bounds, and means off.</summary>
    public bool OrOff { get; init; }

    public override string Kind => typeof(T) == typeof(int) ? "a whole number" : "a number";

    public override string Allowed => FormattableString.Invariant($"{least} to {most}") + (OrOff ? ", or 0 for off" : "");

    public override bool TryParse(IReadOnlyList<string> texts, out T value) => T.TryParse(texts[0], typeof(T) == typeof(int) ? NumberStyles.Integer : NumberStyles.Float, CultureInfo.InvariantCulture, out value);

    // Not a number compares with nothing, so that it is never allowed.
    public override bool Allows(T value) => (value >= least && value <= most) || (OrOff && T.IsZero(value));
}
