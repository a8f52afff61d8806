namespace MeshLib;

/// <summary>One of the names of an enumeration, whatever the case; its numbers are not accepted.</summary>
internal sealed class ChoiceValue<T> : OptionValue<T>
    where T : struct, Enum
{
    public override string Kind => "one of the names";

    public override string Allowed => string.Join(", ", Enum.GetNames<T>());

    public override bool TryParse(IReadOnlyList<string> texts, out T value)
    {
        value = default;
        var text = texts[0].Trim();
        return Enum.GetNames<T>().Contains(text, StringComparer.OrdinalIgnoreCase) && Enum.TryParse(text, ignoreCase: true, out value);
    }

    public override bool Allows(T value) => Enum.IsDefined(value);
}
