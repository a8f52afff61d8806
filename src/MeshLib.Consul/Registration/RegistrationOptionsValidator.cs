using System.Net;
using Microsoft.Extensions.Options;

namespace MeshLib.Consul;

/// <summary>Every mistake at once, each with its path, value and allowed range: what Consul would refuse, and what would register an address of no use.</summary>
internal sealed class RegistrationOptionsValidator(IOptions<ConsulOptions> consul) : IValidateOptions<RegistrationOptions>
{
    private const int MostPairs = 64;
    private const int LongestKey = 128;
    private const int LongestValue = 512;
    private const int HeartbeatsPerTtl = 3;

    public ValidateOptionsResult Validate(string? name, RegistrationOptions options)
    {
        var errors = new List<string>(options.ReadErrors);
        if (options.Enabled)
        {
            CheckTimes(options, errors);
            CheckAddress(options, errors);
            CheckMeta(options, errors);
            if (options.Id is { } id && (id.Length is 0 or > LongestValue || id.Any(char.IsControl)))
            {
                errors.Add($"{Path(nameof(options.Id))} is '{id}'; allowed are 1 to {LongestValue} characters, none of them a control character.");
            }

            if (options.Tags.Any(string.IsNullOrWhiteSpace))
            {
                errors.Add($"{Path(nameof(options.Tags))} holds an empty tag; allowed are tags of at least one character.");
            }
        }

        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static void CheckTimes(RegistrationOptions options, List<string> errors)
    {
        Between(nameof(options.Ttl), options.Ttl, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        Between(nameof(options.Heartbeat), options.Heartbeat, TimeSpan.FromSeconds(0.1), TimeSpan.FromMinutes(20));
        Between(nameof(options.DeregisterAfter), options.DeregisterAfter, TimeSpan.FromMinutes(1), TimeSpan.FromDays(7));
        Between(nameof(options.DrainDelay), options.DrainDelay, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        if (options.Ttl.Ticks / HeartbeatsPerTtl < options.Heartbeat.Ticks)
        {
            errors.Add($"{Path(nameof(options.Ttl))} is {options.Ttl} with a {nameof(options.Heartbeat)} of {options.Heartbeat}; allowed is at least {HeartbeatsPerTtl} times the heartbeat.");
        }

        if (options.DeregisterAfter < options.Ttl)
        {
            errors.Add($"{Path(nameof(options.DeregisterAfter))} is {options.DeregisterAfter} with a {nameof(options.Ttl)} of {options.Ttl}; allowed is at least the {nameof(options.Ttl)}.");
        }

        void Between(string member, TimeSpan value, TimeSpan least, TimeSpan most)
        {
            if (value < least || value > most)
            {
                errors.Add($"{Path(member)} is {value}; allowed is {least} to {most}.");
            }
        }
    }

    private void CheckAddress(RegistrationOptions options, List<string> errors)
    {
        if (options.Port is < 1 or > IPEndPoint.MaxPort)
        {
            errors.Add($"{Path(nameof(options.Port))} is {options.Port}; allowed is 1 to {IPEndPoint.MaxPort}.");
        }

        if (options.Address is not { } address)
        {
            return;
        }

        if (Uri.CheckHostName(address) is UriHostNameType.Unknown || address.StartsWith('['))
        {
            errors.Add($"{Path(nameof(options.Address))} is '{address}'; allowed is an IP address without brackets or a host name, without scheme and port.");
        }
        else if (ListenHost.IsWildcard(address))
        {
            errors.Add($"{Path(nameof(options.Address))} is '{address}', at which nobody can be reached; allowed is the address of one interface or a host name.");
        }
        else if (ListenHost.IsLoopback(address) && Agent() is { IsLoopback: false } agent)
        {
            errors.Add($"{Path(nameof(options.Address))} is '{address}', at which others would reach themselves; allowed only with an agent on loopback, and Mesh:Consul:Address is {agent}.");
        }
    }

    private static void CheckMeta(RegistrationOptions options, List<string> errors)
    {
        var count = options.Meta.Keys.Union(InstanceDefinition.OwnMeta, StringComparer.Ordinal).Count();
        if (count > MostPairs)
        {
            errors.Add($"{Path(nameof(options.Meta))} holds {count} pairs with {string.Join(", ", InstanceDefinition.OwnMeta)}; allowed are {MostPairs}.");
        }

        foreach (var (key, value) in options.Meta)
        {
            if (key.Length is 0 or > LongestKey || !key.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            {
                errors.Add($"{Path(nameof(options.Meta))}:{key} is no name for Consul; allowed are 1 to {LongestKey} letters, digits, '-' and '_'.");
            }

            if (value.Length > LongestValue)
            {
                errors.Add($"{Path(nameof(options.Meta))}:{key} has {value.Length} characters; allowed are {LongestValue}.");
            }
        }
    }

    private ConsulAddress? Agent()
    {
        try
        {
            return ConsulAddress.TryParse(consul.Value.Address, out var address, out _) ? address : null;
        }
        catch (OptionsValidationException)
        {
            // Told by the other validator.
            return null;
        }
    }

    private static string Path(string member) => $"{RegistrationOptions.SectionName}:{member}";
}
