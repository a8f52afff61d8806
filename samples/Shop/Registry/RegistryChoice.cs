using Shop.Arguments;
using Spectre.Console;

namespace Shop.Registry;

/// <summary>Opens the registry that was asked for, or the best there is.</summary>
internal static class RegistryChoice
{
    public static async Task<IRegistry> OpenAsync(RegistryKind? wanted, IAnsiConsole console, CancellationToken cancellationToken)
    {
        var registry = new MemoryRegistry();
        await registry.StartAsync(cancellationToken);
        console.MarkupLineInterpolated($"Registry: in memory, at {registry.Address} ({wanted?.ToString() ?? "no Consul yet"})");
        return registry;
    }
}
