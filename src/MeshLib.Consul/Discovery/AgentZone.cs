namespace MeshLib.Consul;

/// <summary>The zone that operators gave to this machine, in the metadata of the local agent's node.</summary>
internal sealed class AgentZone(ConsulOptions options, Lazy<ConsulClient> client) : IZoneSource
{
    public async Task<string?> FindZoneAsync(CancellationToken cancellationToken)
    {
        if (!options.Enabled)
        {
            return null;
        }

        try
        {
            var agent = await client.Value.GetAgentAsync(cancellationToken).ConfigureAwait(false);
            return InstanceReader.ZoneIn(agent.Meta);
        }
        catch (ConsulException e) when (e.Failure is not (ConsulFailure.Unreachable or ConsulFailure.TimedOut))
        {
            // A service's token need not have agent:read. Who reads the catalogue sees the node's metadata anyway.
            return null;
        }
    }
}
