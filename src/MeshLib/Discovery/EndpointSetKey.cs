using System.Globalization;

namespace MeshLib;

/// <summary>
/// What tells endpoint sets apart: scheme list, host (a service, with its named endpoint in front if any) and port. <c>_admin.orders</c> shares no breaker with <c>orders</c>.
/// </summary>
internal readonly record struct EndpointSetKey(string Scheme, string Host, int Port)
{
    public static EndpointSetKey Of(Uri uri) => new(uri.Scheme, uri.Host, uri.IsDefaultPort ? -1 : uri.Port);

    /// <summary>The query that discovery providers are asked, in Microsoft's syntax.</summary>
    public override string ToString() =>
        Port < 0 ? $"{Scheme}://{Host}" : string.Create(CultureInfo.InvariantCulture, $"{Scheme}://{Host}:{Port}");
}
