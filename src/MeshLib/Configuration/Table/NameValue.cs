namespace MeshLib;

/// <summary>A name out of a set that only the host knows, checked where that is known.</summary>
internal sealed class NameValue(string allowed) : OptionValue<string>
{
    public override string Kind => "a name";

    public override string Allowed => allowed;

    public override bool TryParse(IReadOnlyList<string> texts, out string value)
    {
        value = texts[0].Trim();
        return true;
    }

    public override bool Allows(string value) => !string.IsNullOrWhiteSpace(value);
}
