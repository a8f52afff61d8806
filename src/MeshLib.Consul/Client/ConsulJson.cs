using System.Text.Json.Serialization;

namespace MeshLib.Consul;

/// <summary>
/// Everything that is read from or written to Consul: closed types, no polymorphism, a bounded depth. Names are read in any case, because
/// newer members are written in lower case.
/// </summary>
[JsonSourceGenerationOptions(
    MaxDepth = 64,
    PropertyNameCaseInsensitive = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(List<HealthEntry>))]
[JsonSerializable(typeof(AgentServiceRegistration))]
[JsonSerializable(typeof(AgentCheckUpdate))]
[JsonSerializable(typeof(AgentSelf))]
internal sealed partial class ConsulJson : JsonSerializerContext;
