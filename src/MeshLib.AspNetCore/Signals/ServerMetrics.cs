using System.Diagnostics.Metrics;

namespace MeshLib.AspNetCore;

/// <summary>The instruments of the server half, on the mesh's meter. Requests that end in time are not counted here: the server's own metrics do.</summary>
internal sealed class ServerMetrics(IMeterFactory meters, ListenerFaults faults)
{
    private readonly Counter<long> _deadlines = meters.Create(MeshMetrics.MeterName)
        .CreateCounter<long>("mesh.server.deadlines", "{request}", "Inbound requests whose deadline made a difference, by what became of it.");

    /// <summary>The deadline had passed when the request came in; nothing was done for it.</summary>
    public void ExpiredOnArrival() => Count("expired_on_arrival");

    /// <summary>The deadline passed while the request was served; it was answered so.</summary>
    public void Ended() => Count("ended");

    /// <summary>The deadline passed while the request was served, and the response had begun.</summary>
    public void EndedLate() => Count("late");

    /// <summary>A deadline header was malformed, or there were several; it was ignored.</summary>
    public void IgnoredHeader() => Count("ignored_header");

    private void Count(string outcome) => faults.Count(_deadlines, 1, new KeyValuePair<string, object?>(MeshTags.Outcome, outcome));
}
