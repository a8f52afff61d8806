namespace MeshLib;

/// <summary>How the endpoints that may receive traffic receive it.</summary>
/// <param name="Picker">Chooses among them.</param>
/// <param name="Peers">Those that it chooses among as a rule: all of them, or the part of a large set or the zones that this process uses.</param>
/// <param name="LocalShare">The share of the own zone; <see langword="null"/> while zones are not in play.</param>
/// <param name="Scope">Where only a part of a large set is used, the members that it uses or would use if all were well, in every zone that a call may go to; <see langword="null"/> for all.</param>
internal readonly record struct PickPlan(EndpointPicker Picker, IReadOnlyList<MeshEndpoint> Peers, double? LocalShare = null, IReadOnlyList<MeshEndpoint>? Scope = null);
