using Shop.Measurement;
using Shop.Registry;
using Spectre.Console;

namespace Shop.Report;

/// <summary>Under what conditions the figures came about.</summary>
internal static class Settings
{
    public static IEnumerable<KeyValuePair<string, string>> Of(IRegistry registry) =>
    [
        new("load", LoadPlan.Description),
        new("registry", registry.Settings),
        .. Stack.All.Select(stack => KeyValuePair.Create(stack.Name, stack.Settings)),
    ];

    public static void Write(IAnsiConsole console, IRegistry registry)
    {
        foreach (var (name, text) in Of(registry))
        {
            console.MarkupLineInterpolated($"[bold]{name}[/]: {text}");
        }
    }
}
