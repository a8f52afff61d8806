namespace OpenTelemetry.Metrics;

/// <summary>Metrics of MeshLib.</summary>
public static class MeshMeterProviderBuilderExtensions
{
    private const string Meter = "MeshLib";

    /// <summary>
    /// Collects the metrics of MeshLib, of all its packages. Durations are in seconds; their buckets, from 0.5 ms to 60 s, come with the instruments, so no view is needed, and a view
    /// of one's own wins.
    /// </summary>
    /// <param name="builder">The metrics of the application.</param>
    public static MeterProviderBuilder AddMeshInstrumentation(this MeterProviderBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddMeter(Meter);
    }
}
