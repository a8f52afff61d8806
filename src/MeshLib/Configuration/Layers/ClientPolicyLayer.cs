namespace MeshLib;

/// <summary>What the code that registered a client says about its calls: the delegate of <c>AddMeshClient</c> or <c>AddMeshHandler</c>. Registered as a singleton instance, any number per client.</summary>
/// <param name="Client">The name of the client.</param>
/// <param name="Service">The service that it was registered for; <see langword="null"/> where only its requests tell.</param>
/// <param name="Policy">What it sets.</param>
internal sealed record ClientPolicyLayer(string Client, string? Service, MeshPolicy Policy);
