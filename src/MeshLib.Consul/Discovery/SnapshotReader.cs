namespace MeshLib.Consul;

/// <summary>Turns the rows of an answer into a snapshot. A bad row costs itself, never the list.</summary>
internal static class SnapshotReader
{
    public static ServiceSnapshot Read(IReadOnlyList<HealthEntry?> entries, string service, bool allowSpecialAddresses)
    {
        var byAddress = new Dictionary<(string Host, int Port), ConsulInstance>(entries.Count);
        var dropped = new Dictionary<DropReason, int>();
        var texts = new SharedTexts();
        var inMaintenance = 0;
        foreach (var entry in entries)
        {
            switch (InstanceReader.Read(entry, service, allowSpecialAddresses, texts))
            {
                case { Drop: { } reason }:
                    Drop(reason);
                    break;
                case { Instance: { } instance }:
                    Add(instance);
                    break;
                default:
                    inMaintenance++;
                    break;
            }
        }

        var instances = byAddress.Values.ToArray();
        Array.Sort(instances, ConsulInstance.Compare);
        return new ServiceSnapshot { Instances = instances, Dropped = dropped, InMaintenance = inMaintenance };

        void Add(ConsulInstance instance)
        {
            // Where ports have names only, the lowest of them tells processes on one host apart.
            var address = (instance.Host.Text, instance.Port > 0 ? instance.Port : instance.NamedPorts.Values.Min());
            if (!byAddress.TryGetValue(address, out var other))
            {
                byAddress.Add(address, instance);
                return;
            }

            Drop(DropReason.Duplicate);
            if (IsBetter(instance, other))
            {
                byAddress[address] = instance;
            }
        }

        void Drop(DropReason reason) => dropped[reason] = dropped.GetValueOrDefault(reason) + 1;
    }

    // A process that was restarted under a new id leaves its old registration behind, critical, at the same address: the healthy row tells the
    // truth about what listens there. Beyond that the order by node and id decides, so that every client decides alike.
    private static bool IsBetter(ConsulInstance instance, ConsulInstance other) => instance.Metadata.Healthy == other.Metadata.Healthy
        ? ConsulInstance.Compare(instance, other) < 0
        : instance.Metadata.Healthy;
}
