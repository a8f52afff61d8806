namespace MeshLib.Consul;

/// <summary>The names of metadata, of an instance or of its node, that mean something to the mesh.</summary>
internal static class MetaKey
{
    public const string Zone = "zone";
    public const string AvailabilityZone = "az";
    public const string Version = "version";
    public const string Weight = "weight";
    public const string Scheme = "scheme";
    public const string Secure = "secure";

    /// <summary>Before the name of a port, whatever the case.</summary>
    public const string PortPrefix = "port-";

    public static ReadOnlySpan<byte> PortPrefixUtf8 => "port-"u8;

    public static ReadOnlySpan<string> All => Names;

    private static readonly string[] Names = [Zone, AvailabilityZone, Version, Weight, Scheme, Secure];
}
