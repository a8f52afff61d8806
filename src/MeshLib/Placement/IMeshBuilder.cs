using Microsoft.Extensions.DependencyInjection;

namespace MeshLib;

/// <summary>Configures the mesh of one host; returned by <c>AddMesh()</c>.</summary>
public interface IMeshBuilder
{
    /// <summary>The services of the host.</summary>
    IServiceCollection Services { get; }
}
