using Microsoft.Extensions.DependencyInjection;

namespace MeshLib;

internal sealed record MeshBuilder(IServiceCollection Services) : IMeshBuilder;
