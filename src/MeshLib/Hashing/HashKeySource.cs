namespace MeshLib;

/// <summary>Where on a request its hash key stands: <c>header:x-user</c> or <c>cookie:session</c>.</summary>
internal sealed class HashKeySource
{
    /// <summary>What a source may be, for messages.</summary>
    public const string Allowed = "header:NAME and cookie:NAME";

    private const string HeaderKind = "header";
    private const string CookieKind = "cookie";

    private readonly string _name;
    private readonly bool _isCookie;

    /// <param name="text">A text that <see cref="IsValid"/> accepts.</param>
    public HashKeySource(string text)
    {
        var (kind, name) = Split(text);
        _isCookie = kind.Equals(CookieKind, StringComparison.OrdinalIgnoreCase);
        _name = name.ToString();
    }

    public static bool IsValid(string text)
    {
        var (kind, name) = Split(text);
        return (kind.Equals(HeaderKind, StringComparison.OrdinalIgnoreCase) || kind.Equals(CookieKind, StringComparison.OrdinalIgnoreCase)) && HttpToken.IsValid(name);
    }

    /// <summary>The key that <paramref name="request"/> has here; empty when it has none.</summary>
    public ReadOnlySpan<char> Of(HttpRequestMessage request)
    {
        if (!request.Headers.NonValidated.TryGetValues(_isCookie ? "Cookie" : _name, out var values))
        {
            return default;
        }

        if (!_isCookie)
        {
            return values.ToString();
        }

        foreach (var value in values)
        {
            if (CookieIn(value) is { IsEmpty: false } cookie)
            {
                return cookie;
            }
        }

        return default;
    }

    // RFC 6265, 4.2.1: pairs apart by semicolons; names are case-sensitive.
    private ReadOnlySpan<char> CookieIn(ReadOnlySpan<char> header)
    {
        foreach (var range in header.Split(';'))
        {
            var pair = header[range].Trim();
            if (pair.Length > _name.Length && pair[_name.Length] == '=' && pair.StartsWith(_name, StringComparison.Ordinal))
            {
                return pair[(_name.Length + 1)..].Trim('"');
            }
        }

        return default;
    }

    private static (string Kind, string Name) Split(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? ("", "") : (text[..colon].Trim(), text[(colon + 1)..].Trim());
    }
}
