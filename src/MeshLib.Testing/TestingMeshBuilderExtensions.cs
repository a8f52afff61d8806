using MeshLib;
using MeshLib.Testing;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Takes the world out of a mesh that is tested.</summary>
public static class TestingMeshBuilderExtensions
{
    /// <inheritdoc cref="TestingServiceCollectionExtensions.AddMeshTesting(IServiceCollection, Action{MeshTestingBuilder})"/>
    /// <param name="builder">The mesh.</param>
    /// <param name="configure">What takes the world's place.</param>
    public static IMeshBuilder AddMeshTesting(this IMeshBuilder builder, Action<MeshTestingBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Services.AddMeshTesting(configure);
    }
}
