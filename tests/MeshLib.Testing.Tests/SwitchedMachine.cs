using System.Runtime.CompilerServices;

namespace MeshLib.Testing.Tests;

/// <summary>All tests here run as on a machine that switches the mesh of whatever runs on it, as one that builds may: hosts under test and simulations come out the same.</summary>
internal static class SwitchedMachine
{
    [ModuleInitializer]
    public static void Switch()
    {
        Environment.SetEnvironmentVariable("MESH_MODE", nameof(MeshMode.Resolve));
        Environment.SetEnvironmentVariable("MESH_ZONE", "of-the-machine");
    }
}
