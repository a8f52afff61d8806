using MeshLib.TestKit;
using MeshLib.Tests.Calls;
using MeshLib.Tests.LoadBalancing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Locality;

/// <summary>A process of the service <c>storefront</c> that calls <c>orders</c>, whose endpoints run in zones.</summary>
internal static class ZonedMesh
{
    public const string Self = "storefront";
    public const string Id = "storefront-me";

    /// <param name="zone">Where the process runs.</param>
    /// <param name="orders">The endpoints of <c>orders</c>.</param>
    /// <param name="policy">Their policy.</param>
    /// <param name="callers">The instances of <c>storefront</c>; none when nothing is known of them.</param>
    /// <param name="time">The clock.</param>
    /// <param name="services">Adds to the host.</param>
    public static async Task<VirtualMesh> StartAsync(
        string? zone, ManualEndpoint[] orders, Action<MeshPolicy>? policy = null, ManualEndpoint[]? callers = null, FakeTimeProvider? time = null, Action<IServiceCollection>? services = null)
    {
        time ??= new FakeTimeProvider();
        var mesh = VirtualMesh.Create(time, policy, collection =>
        {
            collection.AddSingleton(new LocalInstance(Self, zone) { Id = Id });
            collection.AddSingleton(new MeshEnvironment(new MonotonicClock(time), new Random(11)));
            services?.Invoke(collection);
        });

        // Those who came first are told first: when this is, the sets know.
        var (_, own, told) = (mesh.Root, mesh.Services.GetRequiredService<MeshComposition>().Own, false);
        own.Changed += () => Volatile.Write(ref told, own.Standpoint.Callers is not null);
        mesh.Source.Publish(Self, callers ?? []);
        mesh.Source.Publish(VirtualMesh.Orders, orders);
        mesh.Transport.AnswersAsynchronously = false;
        mesh.Transport.AnswerWith(200);
        await mesh.WarmUpAsync();
        if (callers is not null)
        {
            await Eventually.BecomesTrueAsync(() => mesh.Set.Snapshot!.LocalShare is null || Volatile.Read(ref told));
        }

        return mesh;
    }

    /// <summary>Endpoints at <c>http://10.0.{zone}.{number}:8080</c>.</summary>
    public static ManualEndpoint[] Zoned(params (string Zone, int Count)[] zones) => [.. zones.SelectMany(static zone => Enumerable.Range(1, zone.Count).Select(number => Endpoint(zone.Zone, number)))];

    public static ManualEndpoint Endpoint(string zone, int number, int weight = 1, bool healthy = true) =>
        new($"http://10.0.{(int)zone[0]}.{number}:8080", new EndpointMetadata { Id = $"{zone}{number}", Zone = zone, Weight = weight, Healthy = healthy });

    /// <summary>Instances of the own service, this process the first of its zone.</summary>
    public static ManualEndpoint[] Callers(string zone, params (string Zone, int Count)[] zones) =>
        [.. zones.SelectMany(caller => Enumerable.Range(1, caller.Count).Select(number => new ManualEndpoint(
            $"http://10.1.{(int)caller.Zone[0]}.{number}:80",
            new EndpointMetadata { Id = caller.Zone == zone && number == 1 ? Id : $"storefront-{caller.Zone}{number}", Zone = caller.Zone })))];

    /// <summary>How many of <paramref name="picks"/> first attempts go to each zone.</summary>
    public static Dictionary<string, double> Picks(this VirtualMesh mesh, int picks = 20_000)
    {
        var picker = mesh.Set.Snapshot!.Picker!;
        return Enumerable.Range(0, picks).Select(_ => picker.Pick(Subjects.Call())!.Metadata.Zone ?? "").CountBy(static zone => zone).ToDictionary(static zone => zone.Key, zone => (double)zone.Value / picks);
    }
}
