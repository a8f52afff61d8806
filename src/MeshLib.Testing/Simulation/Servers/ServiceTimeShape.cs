namespace MeshLib.Testing.Simulation;

/// <summary>Families of service-time distributions.</summary>
public enum ServiceTimeShape
{
    /// <summary>Always the mean.</summary>
    Constant,

    /// <summary>Exponential.</summary>
    Exponential,

    /// <summary>The absolute value of a normal variable.</summary>
    FoldedNormal,

    /// <summary>Log-normal.</summary>
    LogNormal,
}
