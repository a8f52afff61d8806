using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace MeshLib.Consul;

/// <summary>
/// Reads the section <c>Mesh:Consul</c> over what code has set. Read by hand: no reflection, and an unknown member or an unreadable value is an
/// error that names its path instead of a silent default.
/// </summary>
internal static class ConsulSection
{
    private static readonly Dictionary<string, Action<ConsulTlsOptions, Entry>> TlsMembers = new(StringComparer.OrdinalIgnoreCase)
    {
        [nameof(ConsulTlsOptions.Verify)] = static (o, e) => o.Verify = e.Flag() ?? o.Verify,
        [nameof(ConsulTlsOptions.CaFile)] = static (o, e) => o.CaFile = e.Text() ?? o.CaFile,
        [nameof(ConsulTlsOptions.CaPath)] = static (o, e) => o.CaPath = e.Text() ?? o.CaPath,
        [nameof(ConsulTlsOptions.ClientCertificate)] = static (o, e) => o.ClientCertificate = e.Text() ?? o.ClientCertificate,
        [nameof(ConsulTlsOptions.ClientKey)] = static (o, e) => o.ClientKey = e.Text() ?? o.ClientKey,
        [nameof(ConsulTlsOptions.ServerName)] = static (o, e) => o.ServerName = e.Text() ?? o.ServerName,
    };

    private static readonly Dictionary<string, Action<ConsulOptions, Entry>> Members = new(StringComparer.OrdinalIgnoreCase)
    {
        [nameof(ConsulOptions.Enabled)] = static (o, e) => o.Enabled = e.Flag() ?? o.Enabled,
        [nameof(ConsulOptions.Address)] = static (o, e) => o.Address = e.Text() ?? o.Address,
        [nameof(ConsulOptions.Token)] = static (o, e) => o.Token = e.Text() ?? o.Token,
        [nameof(ConsulOptions.TokenFile)] = static (o, e) => o.TokenFile = e.Text() ?? o.TokenFile,
        [nameof(ConsulOptions.BasicAuthentication)] = static (o, e) => o.BasicAuthentication = e.Text() ?? o.BasicAuthentication,
        [nameof(ConsulOptions.Datacenter)] = static (o, e) => o.Datacenter = e.Text() ?? o.Datacenter,
        [nameof(ConsulOptions.Namespace)] = static (o, e) => o.Namespace = e.Text() ?? o.Namespace,
        [nameof(ConsulOptions.Partition)] = static (o, e) => o.Partition = e.Text() ?? o.Partition,
        [nameof(ConsulOptions.Tls)] = static (o, e) => Read(o.Tls, TlsMembers, e.Section, e.Errors),
        [nameof(ConsulOptions.Wait)] = static (o, e) => o.Wait = e.Span() ?? o.Wait,
        [nameof(ConsulOptions.EmptyGrace)] = static (o, e) => o.EmptyGrace = e.Span() ?? o.EmptyGrace,
        [nameof(ConsulOptions.ScaleToZero)] = static (o, e) => o.ScaleToZero = e.List(),
        [nameof(ConsulOptions.ReadMode)] = static (o, e) => o.ReadMode = e.Mode() ?? o.ReadMode,
        [nameof(ConsulOptions.Filter)] = static (o, e) => o.Filter = e.Text() ?? o.Filter,
        [nameof(ConsulOptions.MaxResponseBytes)] = static (o, e) => o.MaxResponseBytes = e.Number() ?? o.MaxResponseBytes,
        [nameof(ConsulOptions.FirstAnswerTimeout)] = static (o, e) => o.FirstAnswerTimeout = e.Span() ?? o.FirstAnswerTimeout,
        [nameof(ConsulOptions.MaxWatches)] = static (o, e) => o.MaxWatches = e.Number() ?? o.MaxWatches,
        [nameof(ConsulOptions.AllowSpecialAddresses)] = static (o, e) => o.AllowSpecialAddresses = e.Flag() ?? o.AllowSpecialAddresses,
    };

    public static void Read(ConsulOptions options, IConfiguration section)
    {
        // A file named in configuration replaces a token set in code: what is nearer to operations wins.
        if (!string.IsNullOrWhiteSpace(section[nameof(ConsulOptions.TokenFile)]))
        {
            options.Token = null;
        }

        Read(options, Members, section, options.ReadErrors);
    }

    internal static void Read<T>(T options, Dictionary<string, Action<T, Entry>> members, IConfiguration section, List<string> errors)
    {
        foreach (var child in section.GetChildren())
        {
            if (members.TryGetValue(child.Key, out var read))
            {
                read(options, new Entry(child, errors));
            }
            else
            {
                errors.Add($"{child.Path} is not known; the nearest known name is '{NearestName.Of(child.Key, members.Keys)}'.");
            }
        }
    }

    /// <summary>One value on its way in. An empty one is the same as none, so that a section with all its defaults written out changes nothing.</summary>
    internal readonly record struct Entry(IConfigurationSection Section, List<string> Errors)
    {
        public string? Text() => string.IsNullOrWhiteSpace(Section.Value) ? null : Section.Value.Trim();

        public bool? Flag() => Convert<bool>(bool.TryParse, "true or false");

        public int? Number() => Convert<int>(static (string text, out int value) => int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out value), "a whole number");

        public TimeSpan? Span() => Convert<TimeSpan>(static (string text, out TimeSpan value) => TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out value), "a duration such as 00:00:30");

        public ConsulReadMode? Mode() => Convert<ConsulReadMode>(
            static (string text, out ConsulReadMode value) => Enum.TryParse(text, ignoreCase: true, out value) && Enum.IsDefined(value),
            string.Join(", ", Enum.GetNames<ConsulReadMode>()));

        public List<string> List() => [.. Section.GetChildren().Select(child => child.Value).OfType<string>()];

        private delegate bool TryParse<T>(string text, out T value);

        private T? Convert<T>(TryParse<T> parse, string allowed)
            where T : struct
        {
            if (Text() is not { } text)
            {
                return null;
            }

            if (parse(text, out var value))
            {
                return value;
            }

            Errors.Add($"{Section.Path} is '{text}'; allowed is {allowed}.");
            return null;
        }
    }
}
