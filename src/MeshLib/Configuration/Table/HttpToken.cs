namespace MeshLib;

/// <summary>A token of HTTP (RFC 9110, 5.6.2), which is what methods, header names and cookie names are.</summary>
internal static class HttpToken
{
    public static bool IsValid(string text) => text.Length > 0 && text.All(static c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c));
}
