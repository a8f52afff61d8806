namespace OpenTelemetry.Trace;

/// <summary>Traces of MeshLib.</summary>
public static class MeshTracerProviderBuilderExtensions
{
    private const string Source = "MeshLib";

    /// <summary>
    /// Collects the spans of MeshLib: one for each logical call, with an event for each attempt. The spans of the attempts themselves are those of <c>System.Net.Http</c>, which
    /// <c>AddHttpClientInstrumentation()</c> collects.
    /// </summary>
    /// <param name="builder">The traces of the application.</param>
    public static TracerProviderBuilder AddMeshInstrumentation(this TracerProviderBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddSource(Source);
    }
}
