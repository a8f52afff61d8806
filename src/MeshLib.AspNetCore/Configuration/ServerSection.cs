using Microsoft.Extensions.Configuration;

namespace MeshLib.AspNetCore;

/// <summary>Reads <c>Mesh:Server</c>. Never throws for what it finds: every mistake is collected, with its path.</summary>
internal static class ServerSection
{
    public const string Path = $"{MeshSection.Name}:Server";

    private const string Deadline = nameof(ServerSettings.Deadline);
    private const string MaxDeadline = nameof(ServerSettings.MaxDeadline);
    private static readonly string[] Names = [Deadline, MaxDeadline];

    public static ServerSettings Read(IConfiguration configuration, ICollection<string> problems)
    {
        var section = configuration.GetSection(Path);
        if (!string.IsNullOrEmpty(section.Value))
        {
            problems.Add($"{Path} = {section.Value} is a single value; a section is expected here.");
        }

        foreach (var child in section.GetChildren().Where(static child => !Names.Contains(child.Key, StringComparer.OrdinalIgnoreCase)))
        {
            problems.Add($"{child.Path} is not known. {NearestName.Hint(child.Key, Names)}");
        }

        return new ServerSettings(
            Value(section.GetSection(Deadline), new ChoiceValue<ServerDeadlineMode>(), problems) ?? ServerDeadlineMode.Enforce,
            Value(section.GetSection(MaxDeadline), new DurationValue(DurationValue.Shortest, DurationValue.Longest), problems));
    }

    private static T? Value<T>(IConfigurationSection section, OptionValue<T> kind, ICollection<string> problems)
        where T : struct
    {
        if (section.GetChildren().Any())
        {
            problems.Add($"{section.Path} is a section; {kind.Kind} is expected here.");
            return null;
        }

        if (string.IsNullOrWhiteSpace(section.Value))
        {
            return null;
        }

        if (!kind.TryParse([section.Value], out var value) || !kind.Allows(value))
        {
            problems.Add($"{section.Path} = {section.Value} is not {kind.Kind}; allowed is {kind.Allowed}.");
            return null;
        }

        return value;
    }
}
