using System.Globalization;
using System.Numerics;

namespace MeshLib;

/// <summary>A number within bounds, written without group separators and with a dot.</summary>
internal sealed class NumberValue<T>(T least, T most) : OptionValue<T>
    where T : struct, INumber<T>
{
    public T Least => least;

    public T Most => most;

    public override string Kind => typeof(T) == typeof(int) ? "a whole number" : "a number";

    public override string Allowed => FormattableString.Invariant($"{least} to {most}");

    public override bool TryParse(IReadOnlyList<string> texts, out T value) => T.TryParse(texts[0], typeof(T) == typeof(int) ? NumberStyles.Integer : NumberStyles.Float, CultureInfo.InvariantCulture, out value);

    // Not a number compares with nothing, so that it is never allowed.
    public override bool Allows(T value) => value >= least && value <= most;
}
