namespace MeshLib.Testing.Simulation;

/// <summary>How a request ends at a server.</summary>
internal enum ServerFate
{
    Answered,
    Refused,
    Reset,
}
