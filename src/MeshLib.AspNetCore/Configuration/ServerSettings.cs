namespace MeshLib.AspNetCore;

/// <summary>The section <c>Mesh:Server</c>, read and checked.</summary>
/// <param name="Deadline">What is done with deadlines.</param>
/// <param name="MaxDeadline">The longest a request may take whatever its caller allows, and also when its caller allows any time; null for no limit.</param>
internal sealed record ServerSettings(ServerDeadlineMode Deadline = ServerDeadlineMode.Enforce, TimeSpan? MaxDeadline = null);
