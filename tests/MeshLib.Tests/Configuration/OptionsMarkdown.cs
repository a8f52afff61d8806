namespace MeshLib.Tests;

/// <summary>The table of options as a README shows it.</summary>
internal static class OptionsMarkdown
{
    public static IReadOnlyList<string> Lines { get; } =
    [
        "| option | default | allowed | for | what it is |",
        "|---|---|---|---|---|",
        .. PolicyTable.Options.Select(static option =>
            $"| `{option.Path}` | {(option.BuiltIn.Length > 0 ? $"`{option.BuiltIn}`" : "none")} | {option.Allowed} | {(option.Scope == OptionScope.Call ? "call" : "service")} | {option.Description} |"),
    ];
}
