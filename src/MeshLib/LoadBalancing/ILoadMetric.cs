namespace MeshLib;

/// <summary>
/// What one more attempt at an endpoint costs, as seen at one instant: one axis of balancing; <see cref="BestOfPicker{TMetric}"/> is the other. A struct, so that
/// the picker's loop is compiled for it and calls nothing virtual.
/// </summary>
internal interface ILoadMetric<TSelf>
    where TSelf : struct, ILoadMetric<TSelf>
{
    /// <summary>The metric as of a timestamp of the mesh's clock.</summary>
    static abstract TSelf At(long now);

    /// <summary>The cost: comparable among endpoints, not negative, not NaN.</summary>
    double Cost(EndpointLoad load);
}
