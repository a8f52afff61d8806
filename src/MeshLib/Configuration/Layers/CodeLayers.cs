namespace MeshLib;

/// <summary>The layers that code sets: <see cref="MeshOptions"/> and the registrations of clients.</summary>
internal static class CodeLayers
{
    public static IEnumerable<PolicyLayer> Of(MeshOptions options, IEnumerable<ClientPolicyLayer> clients) =>
    [
        new(PolicyLevel.Defaults, "", options.Defaults, "code: Defaults"),
        new(PolicyLevel.Defaults, "", new() { Mode = options.Mode }, "code: Mode"),
        .. options.Services.Select(static service => new PolicyLayer(PolicyLevel.Service, service.Key, service.Value, $"code: Services:{service.Key}")),
        .. clients.Select(static client => new PolicyLayer(PolicyLevel.Client, client.Client, client.Policy, $"code: client {client.Client}")),
        .. options.Clients.Select(static client => new PolicyLayer(PolicyLevel.Client, client.Key, client.Value, $"code: Clients:{client.Key}")),
    ];
}
