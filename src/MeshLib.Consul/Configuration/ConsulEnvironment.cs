namespace MeshLib.Consul;

/// <summary>The environment variables that every Consul tool understands. They fill what neither configuration nor code has set.</summary>
internal sealed class ConsulEnvironment(Func<string, string?> read)
{
    public void Fill(ConsulOptions options)
    {
        options.Address = Or(options.Address, FromEnvironment() ?? "http://127.0.0.1:8500");
        if (string.IsNullOrWhiteSpace(options.Token) && string.IsNullOrWhiteSpace(options.TokenFile))
        {
            // With both in the environment the file wins, as it does in Consul's own tools.
            options.TokenFile = Read("CONSUL_HTTP_TOKEN_FILE");
            options.Token = options.TokenFile is null ? Read("CONSUL_HTTP_TOKEN") : null;
        }

        options.BasicAuthentication = Or(options.BasicAuthentication, Read("CONSUL_HTTP_AUTH"));
        options.Namespace = Or(options.Namespace, Read("CONSUL_NAMESPACE"));
        options.Partition = Or(options.Partition, Read("CONSUL_PARTITION"));

        var tls = options.Tls;
        tls.Verify ??= ReadFlag("CONSUL_HTTP_SSL_VERIFY", options) ?? true;
        if (string.IsNullOrWhiteSpace(tls.CaFile) && string.IsNullOrWhiteSpace(tls.CaPath))
        {
            tls.CaFile = Read("CONSUL_CACERT");
            tls.CaPath = Read("CONSUL_CAPATH");
        }

        if (string.IsNullOrWhiteSpace(tls.ClientCertificate))
        {
            tls.ClientCertificate = Read("CONSUL_CLIENT_CERT");
            tls.ClientKey = Or(tls.ClientKey, Read("CONSUL_CLIENT_KEY"));
        }

        tls.ServerName = Or(tls.ServerName, Read("CONSUL_TLS_SERVER_NAME"));

        string? FromEnvironment()
        {
            var address = Read("CONSUL_HTTP_ADDR");
            var secure = ReadFlag("CONSUL_HTTP_SSL", options) == true;
            return address switch
            {
                null => secure ? "https://127.0.0.1:8500" : null,
                _ when secure && !address.Contains("://", StringComparison.Ordinal) => "https://" + address,
                _ when secure && address.StartsWith("http://", StringComparison.OrdinalIgnoreCase) => "https://" + address["http://".Length..],
                _ => address,
            };
        }
    }

    private static string? Or(string? value, string? fallback) => string.IsNullOrWhiteSpace(value) ? fallback : value;

    private string? Read(string name) => read(name) is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;

    private bool? ReadFlag(string name, ConsulOptions options)
    {
        switch (Read(name)?.ToLowerInvariant())
        {
            case null:
                return null;
            case "1" or "t" or "true":
                return true;
            case "0" or "f" or "false":
                return false;
            default:
                options.ReadErrors.Add($"The environment variable {name} is '{Read(name)}'; allowed are true and false.");
                return null;
        }
    }
}
