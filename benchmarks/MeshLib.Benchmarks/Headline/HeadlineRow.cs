using MeshLib.TestKit.Headline;

namespace MeshLib.Benchmarks;

/// <summary>One line of the comparison.</summary>
internal sealed record HeadlineRow(string Workload, string Column, bool OneFails, LoadFigures Figures);
