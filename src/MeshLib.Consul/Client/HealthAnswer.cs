namespace MeshLib.Consul;

/// <summary>All instances of a service at one index of the catalogue.</summary>
/// <param name="Entries">The rows, as they came; a row can be null.</param>
/// <param name="Index">The index to block on next; 0 when the answer had no usable one.</param>
/// <param name="Lag">For how long whoever answered has had no contact with the leader; zero in the default mode, which the leader itself answers.</param>
internal readonly record struct HealthAnswer(IReadOnlyList<HealthEntry?> Entries, ulong Index, TimeSpan Lag);
