namespace MeshLib;

/// <summary>A list of names, each of which must pass; the list may be empty.</summary>
internal sealed class NamesValue(string allowed, Func<string, bool> allows) : OptionValue<IReadOnlyList<string>>
{
    public override string Kind => "a list";

    public override string Allowed => allowed;

    public override bool IsList => true;

    public override bool TryParse(IReadOnlyList<string> texts, out IReadOnlyList<string> value)
    {
        value = NameList.Of(texts);
        return true;
    }

    public override bool Allows(IReadOnlyList<string> value) => value.All(name => name is not null && allows(name));

    public override IReadOnlyList<string> Print(IReadOnlyList<string> value) => value;
}
