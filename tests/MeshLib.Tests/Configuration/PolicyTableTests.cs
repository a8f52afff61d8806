using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using CsCheck;
using Microsoft.Extensions.Configuration;

namespace MeshLib.Tests;

public partial class PolicyTableTests
{
    public static TheoryData<string> Paths => [.. PolicyTable.Options.Select(static option => option.Path)];

    [Fact]
    public void Table_HasEveryPropertyOfALayerAndOfTheEffectivePolicy()
    {
        var rows = PolicyTable.Options.Select(static option => option.Path).Order(StringComparer.Ordinal).ToList();

        Assert.Equal(rows, Leaves(typeof(MeshPolicy)).Order(StringComparer.Ordinal));
        Assert.Equal(rows, Leaves(typeof(EffectivePolicy)).Where(static path => path != nameof(EffectivePolicy.Origins)).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Option_WhenItsDefaultIsSet_IsAllowedAndChangesNothing(string path)
    {
        var option = PolicyTable.Find(path)!;
        var layer = new MeshPolicy();

        Assert.True(option.TryParse(option.IsList ? option.BuiltIn.Split(", ", StringSplitOptions.RemoveEmptyEntries) : [option.BuiltIn], layer));

        Assert.True(option.IsSet(layer));
        Assert.True(option.Allows(layer));
        Assert.Equal(new EffectivePolicy(), option.Apply(layer, new EffectivePolicy()));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Option_WhenItIsChanged_MakesThePolicyUnequalInThatOptionAlone(string path)
    {
        var option = PolicyTable.Find(path)!;
        var changed = PolicyGen.LayerOf([option]).Where(layer => option.IsSet(layer) && !option.Same(option.Apply(layer, new()), new()));

        changed.Sample(
            layer =>
            {
                var policy = option.Apply(layer, new());
                Assert.NotEqual(new EffectivePolicy(), policy);
                Assert.All(PolicyTable.Options.Where(other => other != option), other => Assert.True(other.Same(policy, new())));
                Assert.All(PolicyTable.Options.Where(other => other != option), other => Assert.False(other.IsSet(layer)));
            },
            iter: 20);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Documentation_OfAnOption_StatesItsRealDefaultAndRange(string path)
    {
        var option = PolicyTable.Find(path)!;
        var value = DocumentedValue(path);

        var (builtIn, range) = option switch
        {
            PolicyOption<TimeSpan> { Value: DurationValue bounds } duration => (Words(duration.Get(new())), $"from {Words(bounds.Least)}"),
            PolicyOption<int> { Value: NumberValue<int> bounds } number => (Invariant(number.Get(new())), $"from {bounds.Least} to {bounds.Most}"),
            PolicyOption<double> { Value: NumberValue<double> bounds } number => (Invariant(number.Get(new())), $"from {Invariant(bounds.Least)} to {Invariant(bounds.Most)}"),
            PolicyOption<IReadOnlyList<string>> list => (list.Get(new()).Count == 0 ? "none" : option.BuiltIn, ""),
            _ => (option.BuiltIn, ""),
        };

        // What is derived is documented by its rule, which DurationOrderTests follow.
        var expected = path == "ConnectTimeout" ? "Default the lesser of 2 s and half of AttemptTimeout" : $"Default {builtIn}";
        Assert.StartsWith(expected, value, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(range.Replace(" (", " ", StringComparison.Ordinal), Parentheses().Replace(value, ""), StringComparison.Ordinal);
    }

    [Fact]
    public void Print_WhenItIsReadBack_IsTheSameLayer() =>
        PolicyGen.Layer.Sample(static layer =>
        {
            var problems = new List<string>();
            var printed = Print(layer, "Mesh:Services:orders");
            var read = new MeshPolicy();

            new PolicySectionReader(printed, problems).Read(printed.GetSection("Mesh:Services:orders"), read);

            Assert.Empty(problems);
            Assert.All(PolicyTable.Options, option => Assert.Equal(option.Print(layer), option.Print(read)));
        });

    [Theory]
    [InlineData("MaxAttemps", "MaxAttempts")]
    [InlineData("maxatempts", "MaxAttempts")]
    [InlineData("Mehtods", "Methods")]
    [InlineData("Bugdet", "Budget")]
    [InlineData("xyz", null)]
    [InlineData("", null)]
    public void NearestName_FindsWhatWasMeant(string name, string? meant) => Assert.Equal(meant, NearestName.Of(name, PolicyTable.NamesBelow("Retry:")));

    [Fact]
    public void Descriptions_AreSentencesThatFitATable() =>
        Assert.All(OptionsMarkdown.Lines.Skip(2), static line => Assert.Matches(@"^\| `[A-Za-z:]+` \| (`[^|`]+`|none) \| [^|]+ \| (call|service) \| [A-Z][^|]+\. \|$", line));

    [Fact]
    public void NamesBelow_AreTheChildrenOfASection()
    {
        Assert.Equal(["Ratio", "MinPerSecond", "Burst", "Window"], PolicyTable.NamesBelow("Retry:Budget:"));
        Assert.Contains("Retry", PolicyTable.NamesBelow(""));
        Assert.Empty(PolicyTable.NamesBelow("Timeout:"));
    }

    internal static IConfigurationRoot Print(MeshPolicy layer, string section) =>
        new ConfigurationBuilder().AddInMemoryCollection(
            from option in PolicyTable.Options
            let texts = option.Print(layer)
            where texts is not null
            from entry in option.IsList
                ? texts.Select((text, index) => KeyValuePair.Create($"{section}:{option.Path}:{index}", (string?)text)).DefaultIfEmpty(KeyValuePair.Create($"{section}:{option.Path}", (string?)""))
                : [KeyValuePair.Create($"{section}:{option.Path}", (string?)texts[0])]
            select entry).Build();

    private static IEnumerable<string> Leaves(Type type) =>
        from property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
        from path in property.PropertyType is { IsClass: true, Namespace: nameof(MeshLib) } ? Leaves(property.PropertyType).Select(leaf => $"{property.Name}:{leaf}") : [property.Name]
        select path;

    private static string DocumentedValue(string path)
    {
        var names = path.Split(':');
        var owner = names[..^1].Aggregate(typeof(MeshPolicy), static (type, name) => type.GetProperty(name)!.PropertyType);
        var member = XDocument.Load(Path.ChangeExtension(typeof(MeshPolicy).Assembly.Location, "xml"))
            .Descendants("member")
            .Single(element => (string?)element.Attribute("name") == $"P:{owner.FullName}.{names[^1]}");
        foreach (var reference in member.Descendants("see").ToList())
        {
            reference.ReplaceWith(((string?)reference.Attribute("langword") ?? (string?)reference.Attribute("cref"))!.Split('.')[^1]);
        }

        return member.Element("value")!.Value.Trim();
    }

    private static string Words(TimeSpan value) => value switch
    {
        _ when value == TimeSpan.Zero => "0",
        { TotalSeconds: < 1 } => $"{value.TotalMilliseconds} ms",
        { TotalSeconds: <= 60 } => $"{value.TotalSeconds} s",
        { TotalMinutes: < 60 } => $"{value.TotalMinutes} min",
        { TotalDays: < 1 } => $"{value.TotalHours} h",
        _ => $"{value.TotalDays} days",
    };

    private static string Invariant(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);

    [GeneratedRegex(@" \([^)]*\)")]
    private static partial Regex Parentheses();
}
