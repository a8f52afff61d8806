namespace MeshLib.Testing.Simulation;

/// <summary>All the clients of one run.</summary>
internal abstract class RequestSender : IDisposable
{
    /// <summary>Sends a request for the client that it belongs to, now.</summary>
    public abstract void Send(in SimulatedRequest request);

    /// <summary>Throws what went wrong inside of the simulation itself.</summary>
    public virtual void Verify()
    {
    }

    public abstract void Dispose();
}
