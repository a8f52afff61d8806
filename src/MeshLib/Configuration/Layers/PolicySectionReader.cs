using Microsoft.Extensions.Configuration;

namespace MeshLib;

/// <summary>Reads a policy from a section of configuration, by <see cref="PolicyTable"/>. What is absent, null or empty is inherited.</summary>
internal sealed class PolicySectionReader(IConfigurationRoot configuration, ICollection<string> problems)
{
    public void Read(IConfigurationSection section, MeshPolicy into) => Read(section, "", into);

    public void ReadOption(IConfigurationSection section, PolicyOption option, MeshPolicy into)
    {
        var isSection = section.GetChildren().Any();
        if (option.IsList)
        {
            if (!string.IsNullOrEmpty(section.Value))
            {
                problems.Add($"{section.Path} = {section.Value} is a single value; a list of {option.Allowed} is expected, the first at {section.Path}:0.");
            }
            else if (Items(section) is { } items)
            {
                Parse(items, option, into, section.Path);
            }
        }
        else if (isSection)
        {
            problems.Add($"{section.Path} is a section; {option.Kind} is expected here.");
        }
        else if (!string.IsNullOrEmpty(section.Value))
        {
            Parse([section.Value], option, into, section.Path);
        }
    }

    private void Parse(IReadOnlyList<string> texts, PolicyOption option, MeshPolicy into, string path)
    {
        if (!option.TryParse(texts, into))
        {
            problems.Add($"{path} = {string.Join(", ", texts)} is not {option.Kind}; allowed is {option.Allowed}.");
        }
    }

    private void Read(IConfigurationSection section, string prefix, MeshPolicy into)
    {
        if (!string.IsNullOrEmpty(section.Value))
        {
            Report(section, $"{section.Path} = {section.Value} is a single value; a section is expected here.");
        }

        foreach (var child in section.GetChildren())
        {
            if (PolicyTable.Find(prefix + child.Key) is { } option)
            {
                ReadOption(child, option, into);
            }
            else if (PolicyTable.NamesBelow($"{prefix}{child.Key}:").Count > 0)
            {
                Read(child, $"{prefix}{child.Key}:", into);
            }
            else
            {
                Report(child, $"{child.Path} is not known. {NearestName.Hint(child.Key, PolicyTable.NamesBelow(prefix))}");
            }
        }
    }

    // An address explains the mistake better than the name it was written under.
    private void Report(IConfigurationSection section, string problem)
    {
        var addresses = MisplacedAddress.In(section).ToList();
        foreach (var text in addresses.DefaultIfEmpty(problem))
        {
            problems.Add(text);
        }
    }

    // The strongest provider that has the list has all of it. Configuration itself would mix the lists of two files item by item.
    private string[]? Items(IConfigurationSection section)
    {
        foreach (var provider in configuration.Providers.Reverse())
        {
            var keys = provider.GetChildKeys([], section.Path).Distinct(StringComparer.OrdinalIgnoreCase).Order(Comparer<string>.Create(ConfigurationKeyComparer.Instance.Compare)).ToList();
            if (keys.Count > 0)
            {
                return [.. keys.Select(key => provider.TryGet($"{section.Path}:{key}", out var item) ? item ?? "" : "")];
            }

            if (provider.TryGet(section.Path, out var whole))
            {
                // JSON's [] arrives as an empty text and its null as none.
                return whole is null ? null : [];
            }
        }

        return null;
    }
}
