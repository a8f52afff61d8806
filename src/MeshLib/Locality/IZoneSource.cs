namespace MeshLib;

/// <summary>Somebody who may know in which zone this process runs when nobody has told it, such as the registry's agent on this machine.</summary>
internal interface IZoneSource
{
    /// <summary>Asks for the zone.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The zone, or <see langword="null"/> when the source does not know it and never will. An exception means that it could not be asked now.</returns>
    Task<string?> FindZoneAsync(CancellationToken cancellationToken);
}
