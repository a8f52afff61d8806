namespace MeshLib;

/// <summary>Yes or no.</summary>
internal sealed class SwitchValue : OptionValue<bool>
{
    public override string Kind => "a truth value";

    public override string Allowed => "true or false";

    public override bool TryParse(IReadOnlyList<string> texts, out bool value) => bool.TryParse(texts[0], out value);

    public override bool Allows(bool value) => true;

    public override IReadOnlyList<string> Print(bool value) => [value ? "true" : "false"];
}
