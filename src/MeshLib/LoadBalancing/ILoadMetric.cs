namespace MeshLib;

/// <summary>
/// What one more attempt at an endpoint costs, as seen at one instant: one axis of balancing; <see cref="BestOfPicker{TMetric}"/> is the other. A struct, so that
/// the picker's loop is compiled for it and calls nothing virtual.
/// </summary>
internal interface ILoadMetric<TSelf>
    where TSelf : struct, ILoadMetric<TSelf>
{
    /// <summary>The metric as of a millisecond.</summary>
    static abstract TSelf At(uint milliseconds);

    /// <summary>The logarithm (<see cref="Log2"/>) of the cost, within ±2^49.</summary>
    long CostLog2(EndpointLoad load);
}
