using Shop.Arguments;
using Spectre.Console;

namespace Shop.Registry;

/// <summary>Opens the registry that was asked for; where nothing was asked for, Consul if it can be had.</summary>
internal static class RegistryChoice
{
    public static async Task<IRegistry> OpenAsync(RegistryKind? wanted, IAnsiConsole console, CancellationToken cancellationToken)
    {
        if (wanted != RegistryKind.Memory)
        {
            try
            {
                return await StartAsync(new ConsulRegistry(await ConsulBinary.FindAsync(cancellationToken)), console, cancellationToken);
            }
            catch (UsageException missing) when (wanted is null)
            {
                console.MarkupLineInterpolated($"No Consul can be had: {missing.Message}");
                console.MarkupLine("The shop runs on its embedded in-memory registry.");
            }
        }

        return await StartAsync(new MemoryRegistry(), console, cancellationToken);
    }

    private static async Task<IRegistry> StartAsync(IRegistry registry, IAnsiConsole console, CancellationToken cancellationToken)
    {
        try
        {
            await registry.StartAsync(cancellationToken);
        }
        catch
        {
            await registry.DisposeAsync();
            throw;
        }

        console.MarkupLineInterpolated($"Registry: {registry.Name}, at {registry.Address}");
        return registry;
    }
}
