namespace MeshLib;

/// <summary>A client of the factory that is to go through the mesh.</summary>
/// <param name="Client">The client's name; <see langword="null"/> for every client of the factory.</param>
/// <param name="Service">The service that its base address names, or <see langword="null"/> when it was not said.</param>
/// <param name="Address">That base address, with its schemes and its named endpoint.</param>
internal sealed record MeshClientRegistration(string? Client, string? Service = null, Uri? Address = null);
