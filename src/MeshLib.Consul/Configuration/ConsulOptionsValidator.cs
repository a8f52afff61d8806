using Microsoft.Extensions.Options;

namespace MeshLib.Consul;

/// <summary>Every mistake at once, each with its path, value and allowed range; secrets are named and never shown.</summary>
internal sealed class ConsulOptionsValidator : IValidateOptions<ConsulOptions>
{
    public ValidateOptionsResult Validate(string? name, ConsulOptions options)
    {
        var errors = new List<string>(options.ReadErrors);
        if (!options.Enabled)
        {
            // Nothing of the rest is used then; a misspelt Enabled must still be found.
            return Result();
        }

        if (!ConsulAddress.TryParse(options.Address, out _, out var problem))
        {
            errors.Add($"{Path(nameof(options.Address))} {problem}; allowed are http://host:port, https://host:port, host:port and unix:///path.");
        }

        Between(nameof(options.Wait), options.Wait, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10));
        Between(nameof(options.EmptyGrace), options.EmptyGrace, TimeSpan.Zero, TimeSpan.FromHours(1));
        Between(nameof(options.FirstAnswerTimeout), options.FirstAnswerTimeout, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        Between(nameof(options.MaxResponseBytes), options.MaxResponseBytes, 64 * 1024, 1024 * 1024 * 1024);
        Between(nameof(options.MaxWatches), options.MaxWatches, 1, 190);
        if (!Enum.IsDefined(options.ReadMode))
        {
            errors.Add($"{Path(nameof(options.ReadMode))} is {options.ReadMode}; allowed are {string.Join(", ", Enum.GetNames<ConsulReadMode>())}.");
        }

        if (options.BasicAuthentication is { Length: > 0 } pair && !pair.Contains(':', StringComparison.Ordinal))
        {
            errors.Add($"{Path(nameof(options.BasicAuthentication))} has no colon; allowed is user:password.");
        }

        // A control character would end the header that carries the token, and begin another.
        if (options.Token is { } token && token.Trim().Any(c => c is <= ' ' or > '~'))
        {
            errors.Add($"{Path(nameof(options.Token))} holds a space, a control character or one outside ASCII; allowed are visible ASCII characters.");
        }

        Exists("Tls:CaFile", options.Tls.CaFile, File.Exists);
        Exists("Tls:CaPath", options.Tls.CaPath, Directory.Exists);
        Exists("Tls:ClientCertificate", options.Tls.ClientCertificate, File.Exists);
        Exists("Tls:ClientKey", options.Tls.ClientKey, File.Exists);
        return Result();

        ValidateOptionsResult Result() => errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);

        void Between<T>(string member, T value, T least, T most)
            where T : IComparable<T>
        {
            if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
            {
                errors.Add($"{Path(member)} is {value}; allowed is {least} to {most}.");
            }
        }

        void Exists(string member, string? file, Func<string, bool> exists)
        {
            if (!string.IsNullOrWhiteSpace(file) && !exists(file))
            {
                errors.Add($"{Path(member)} is '{file}', which does not exist or cannot be read.");
            }
        }
    }

    private static string Path(string member) => $"{ConsulOptions.SectionName}:{member}";
}
