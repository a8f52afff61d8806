namespace MeshLib.Consul;

/// <summary>What one answer of Consul says: immutable, in a stable order, one instance per address.</summary>
internal sealed class ServiceSnapshot
{
    /// <summary>The usable instances, by node and id.</summary>
    public required IReadOnlyList<ConsulInstance> Instances { get; init; }

    /// <summary>How many rows were left out, by reason.</summary>
    public required IReadOnlyDictionary<DropReason, int> Dropped { get; init; }

    /// <summary>How many instances are left out because their operators put them into maintenance.</summary>
    public required int InMaintenance { get; init; }

    /// <summary>Whether the list is empty without anybody having said so: what a lost token and a wiped cluster look like.</summary>
    public bool IsSuspiciouslyEmpty => Instances.Count == 0 && InMaintenance == 0;

    public bool SameInstancesAs(ServiceSnapshot other)
    {
        if (Instances.Count != other.Instances.Count)
        {
            return false;
        }

        for (var i = 0; i < Instances.Count; i++)
        {
            if (!Instances[i].SameAs(other.Instances[i]))
            {
                return false;
            }
        }

        return true;
    }

    public bool DroppedAs(IReadOnlyDictionary<DropReason, int> dropped) =>
        Dropped.Count == dropped.Count && Dropped.All(pair => dropped.TryGetValue(pair.Key, out var count) && count == pair.Value);
}
