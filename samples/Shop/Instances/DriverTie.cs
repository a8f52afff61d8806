using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Shop.Instances;

/// <summary>Tells the driver where this process listens, and ends it when the driver is gone, however the driver went.</summary>
internal sealed class DriverTie(IServer server, IHostApplicationLifetime lifetime) : IHostedService
{
    /// <summary>What precedes the address on standard output.</summary>
    public const string Announcement = "shop listens on ";

    public Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStarted.Register(() =>
            Console.WriteLine(Announcement + server.Features.Get<IServerAddressesFeature>()!.Addresses.First()));
        _ = Task.Factory.StartNew(OutliveDriverNever, TaskCreationOptions.LongRunning);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // The kernel closes our standard input when the driver ends, even by SIGKILL. There is nobody left to drain for.
    private static void OutliveDriverNever()
    {
        while (Console.In.Read() >= 0)
        {
        }

        Environment.Exit(0);
    }
}
