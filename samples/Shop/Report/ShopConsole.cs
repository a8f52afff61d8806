using Spectre.Console;

namespace Shop.Report;

/// <summary>The terminal, or a wide page where the output goes into a file.</summary>
internal static class ShopConsole
{
    private const int PageWidth = 160;

    public static IAnsiConsole Create()
    {
        var console = AnsiConsole.Console;
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = PageWidth;
        }

        return console;
    }
}
