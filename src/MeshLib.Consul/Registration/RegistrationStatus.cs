namespace MeshLib.Consul;

/// <summary>What there is to know of this process's registration, for metrics, health and the dashboard. Read from any thread, written by one loop.</summary>
internal sealed class RegistrationStatus
{
    private volatile Snapshot _current = new(RegistrationState.Waiting, null);

    public Snapshot Current => _current;

    public void Set(RegistrationState state, string? problem = null) => _current = new(state, problem);

    /// <param name="State">How far it is.</param>
    /// <param name="Problem">What is wrong, without secrets; <see langword="null"/> when nothing is.</param>
    public sealed record Snapshot(RegistrationState State, string? Problem);
}
