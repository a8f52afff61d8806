namespace Shop.Instances;

/// <summary>What the driver tells a process about itself, as configuration: <c>--Shop:Instance=catalog-1 …</c>.</summary>
/// <param name="Service">The service, <c>Mesh:ServiceName</c>.</param>
/// <param name="Instance">The instance's name.</param>
/// <param name="Zone">The zone it runs in, <c>Mesh:Zone</c>.</param>
/// <param name="Tally">The file in which it counts the requests it receives.</param>
/// <param name="MemoryRegistry">The driver's registry; null where Consul is used.</param>
/// <param name="Seed">Seed of its chance.</param>
internal sealed record InstanceSettings(string Service, string Instance, string? Zone, string Tally, Uri? MemoryRegistry, int Seed)
{
    /// <summary>Null in a process that the driver has not started.</summary>
    public static InstanceSettings? From(IConfiguration configuration) => configuration["Shop:Instance"] is { } instance
        ? new InstanceSettings(
            configuration["Mesh:ServiceName"] ?? instance,
            instance,
            configuration["Mesh:Zone"],
            configuration["Shop:Tally"] ?? throw new InvalidOperationException("Shop:Tally is not set."),
            configuration["Shop:MemoryRegistry"] is { } address ? new Uri(address) : null,
            configuration.GetValue<int>("Shop:Seed"))
        : null;

    public IEnumerable<string> ToArguments()
    {
        yield return $"--Mesh:ServiceName={Service}";
        yield return $"--Shop:Instance={Instance}";
        yield return $"--Shop:Tally={Tally}";
        yield return $"--Shop:Seed={Seed}";
        if (Zone is not null)
        {
            yield return $"--Mesh:Zone={Zone}";
        }

        if (MemoryRegistry is not null)
        {
            yield return $"--Shop:MemoryRegistry={MemoryRegistry}";
        }
    }
}
