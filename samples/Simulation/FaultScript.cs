using System.Text.Json;
using System.Text.Json.Serialization;
using MeshLib.Testing.Simulation;

namespace Simulation;

/// <summary>Reads a scenario: the names are those of <see cref="SimulationScenario"/>, <see cref="SimulatedServer"/> and <see cref="ServerFault"/>.</summary>
internal static class FaultScript
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter() },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
    };

    public static SimulationScenario Read(string file) =>
        JsonSerializer.Deserialize<SimulationScenario>(File.ReadAllText(file), Options) ?? throw new InvalidDataException($"{file} holds no scenario.");
}
