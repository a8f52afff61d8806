namespace MeshLib;

/// <summary>How the endpoints that may receive traffic receive it.</summary>
/// <param name="Picker">Chooses among them.</param>
/// <param name="Peers">Those that it chooses among as a rule: all of them, or the part of a large set or the zones that this process uses.</param>
/// <param name="LocalShare">The share of the own zone; <see langword="null"/> while zones are not in play.</param>
internal readonly record struct PickPlan(EndpointPicker Picker, IReadOnlyList<MeshEndpoint> Peers, double? LocalShare = null);
