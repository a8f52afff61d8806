using Microsoft.Extensions.Configuration;

namespace MeshLib;

/// <summary>The kill switch of the environment: the variable <c>MESH_MODE</c> wins over every mode that code or configuration sets, per service or globally.</summary>
internal static class ForcedMode
{
    public const string Variable = "MESH_MODE";

    /// <summary>The layer that it makes, if it is set. Hosts read the environment into configuration; without one the process is asked.</summary>
    public static IEnumerable<PolicyLayer> Layers(IConfiguration configuration, ICollection<string> problems)
    {
        if ((configuration[Variable] ?? Environment.GetEnvironmentVariable(Variable)) is not { Length: > 0 } text)
        {
            return [];
        }

        var policy = new MeshPolicy();
        if (!PolicyTable.Mode.TryParse([text], policy))
        {
            problems.Add($"{Variable} = {text} is not {PolicyTable.Mode.Kind}; allowed is {PolicyTable.Mode.Allowed}.");
        }

        return [new(PolicyLevel.Override, "", policy, $"environment: {Variable}")];
    }
}
