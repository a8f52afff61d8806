namespace MeshLib.Consul;

/// <summary>What an instance's checks say together, from good to bad.</summary>
internal enum InstanceStatus
{
    Passing,
    Warning,
    Critical,
    Maintenance,
}

internal static class InstanceStatuses
{
    private const string NodeMaintenance = "_node_maintenance";
    private const string ServiceMaintenance = "_service_maintenance:";

    extension(InstanceStatus)
    {
        /// <summary>The worst of all checks, those of the node included. No check at all is passing; a status that is not known is critical.</summary>
        public static InstanceStatus Of(IReadOnlyList<HealthCheck?>? checks)
        {
            var worst = InstanceStatus.Passing;
            foreach (var check in checks ?? [])
            {
                var status = check is null ? InstanceStatus.Passing : Read(check);
                if (status > worst)
                {
                    worst = status;
                }
            }

            return worst;
        }
    }

    private static InstanceStatus Read(HealthCheck check) => check switch
    {
        { CheckId: NodeMaintenance } => InstanceStatus.Maintenance,
        { CheckId: { } id } when id.StartsWith(ServiceMaintenance, StringComparison.Ordinal) => InstanceStatus.Maintenance,
        { Status: CheckStatus.Passing } => InstanceStatus.Passing,
        { Status: CheckStatus.Warning } => InstanceStatus.Warning,
        _ => InstanceStatus.Critical,
    };
}
