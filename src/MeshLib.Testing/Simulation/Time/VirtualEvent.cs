namespace MeshLib.Testing.Simulation;

/// <summary>Something that happens at an instant of <see cref="VirtualTime"/>.</summary>
internal abstract class VirtualEvent
{
    public abstract void Happen();
}
