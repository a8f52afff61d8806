namespace MeshLib;

/// <summary>A path with or without a query, or <see cref="Off"/>: empty text means inherited, as everywhere.</summary>
internal sealed class PathValue : OptionValue<string>
{
    public const string Off = "off";

    public override string Kind => "a path";

    public override string Allowed => "off or a path such as /health";

    public override bool TryParse(IReadOnlyList<string> texts, out string value)
    {
        value = texts[0].Trim();
        return true;
    }

    public override bool Allows(string value) => IsOff(value) || (value.StartsWith('/') && !value.StartsWith("//", StringComparison.Ordinal) && !value.Any(char.IsWhiteSpace));

    public static bool IsOff(string value) => value.Equals(Off, StringComparison.OrdinalIgnoreCase);
}
