namespace MeshLib;

/// <summary>Where this process can be reached. MeshLib.AspNetCore takes it from the server; a worker sets it in its registration options.</summary>
public interface IMeshListenAddress
{
    /// <summary>
    /// Completes once the server listens, with the addresses it is bound to as they are (wildcards such as <c>http://[::]:8080</c> included);
    /// empty when this process listens nowhere.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<IReadOnlyList<Uri>> WaitAsync(CancellationToken cancellationToken);
}
