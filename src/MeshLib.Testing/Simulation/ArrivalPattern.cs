namespace MeshLib.Testing.Simulation;

/// <summary>How requests follow each other at a given rate.</summary>
public enum ArrivalPattern
{
    /// <summary>Independently of each other (a Poisson process), as many users do.</summary>
    Poisson,

    /// <summary>Evenly spaced.</summary>
    Constant,
}
