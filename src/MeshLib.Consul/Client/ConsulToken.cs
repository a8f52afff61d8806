namespace MeshLib.Consul;

/// <summary>The ACL token in use. One that comes from a file is read again when Consul refuses it: rotation writes a new file. A file that is not there yet is looked for with each request.</summary>
internal sealed class ConsulToken
{
    private readonly string? _file;
    private volatile string? _value;

    public ConsulToken(ConsulOptions options)
    {
        var text = NullIfEmpty(options.Token);
        _file = text is null ? NullIfEmpty(options.TokenFile) : null;
        _value = text ?? Read();
    }

    public string? Value => _value ??= Read();

    /// <summary>Reads the file again after a refusal.</summary>
    /// <returns>Whether there is another token now than <paramref name="refused"/>, so that asking again makes sense.</returns>
    public bool Renew(string? refused)
    {
        if (_file is not null)
        {
            _value = Read();
        }

        return _file is not null && _value != refused;
    }

    /// <summary>Takes the token out of a text that Consul, or something before it, sent back.</summary>
    public string Redact(string text) => _value is { Length: > 0 } token ? text.Replace(token, "***", StringComparison.Ordinal) : text;

    /// <summary>The cause to keep with an error: none when it quotes a token that the other side has sent back.</summary>
    public Exception? Redact(Exception cause) => _value is { Length: > 0 } token && cause.ToString().Contains(token, StringComparison.Ordinal) ? null : cause;

    private static string? NullIfEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private string? Read()
    {
        try
        {
            return _file is null ? null : NullIfEmpty(File.ReadAllText(_file)) ?? _value;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A file that is being replaced is not there for an instant; the old token is the best guess until it is.
            return _value;
        }
    }
}
