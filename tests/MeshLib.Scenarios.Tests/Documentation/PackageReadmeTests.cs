using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using MeshLib.AspNetCore;
using MeshLib.Consul;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace MeshLib.Scenarios.Tests.Documentation;

/// <summary>The tables of options in the packages' own READMEs: names, defaults, the environment variables behind them, and ranges, each as the code has it.</summary>
public partial class PackageReadmeTests
{
    private static readonly MarkdownDocument Consul = new("src/MeshLib.Consul/README.md");
    private static readonly MarkdownDocument Server = new("src/MeshLib.AspNetCore/README.md");

    // Each is a text, and one of them is not the default of a flag.
    private static readonly string[] Samples = ["true", "false"];

    [Fact]
    public void TheTableOfConsul_IsWhatTheCodeReads() => AssertTable<ConsulOptions>(Consul.TableUnder("## Options"), ConsulOptions.SectionName);

    [Fact]
    public void TheTableOfTheRegistration_IsWhatTheCodeReads() => AssertTable<RegistrationOptions>(Consul.TableUnder("## Registration"), RegistrationOptions.SectionName);

    [Fact]
    public void TheTableOfTheServer_IsWhatTheCodeReads()
    {
        var rows = Server.TableUnder("## Deadlines").Select(Row.Parse).ToList();

        Assert.Equal([nameof(ServerSettings.Deadline), nameof(ServerSettings.MaxDeadline)], rows.Select(static row => row.Option));
        foreach (var row in rows)
        {
            var problems = new List<string>();
            ServerSection.Read(Configured($"{ServerSection.Path}:{row.Option}", "999.00:00:00"), problems);

            Assert.Equal(Text(typeof(ServerSettings).GetProperty(row.Option)!.GetValue(new ServerSettings())) is { } text ? $"`{text}`" : "none", row.Default);
            Assert.Equal(AllowedIn(Assert.Single(problems)), row.Allowed);
        }
    }

    private static void AssertTable<T>(IReadOnlyList<string> table, string section)
        where T : class
    {
        var rows = table.Select(Row.Parse).ToList();
        var defaults = Resolve<T>(new ConfigurationBuilder().Build(), static _ => null);

        Assert.Equal(Paths(typeof(T)).Order(StringComparer.Ordinal), rows.Select(static row => row.Option).Order(StringComparer.Ordinal));
        foreach (var row in rows)
        {
            var property = Find(typeof(T), row.Option);
            var value = Text(Get(defaults, row.Option));

            Assert.Equal((row.Option, value), (row.Option, Code().Matches(row.Default).Select(static match => match.Groups[1].Value).SingleOrDefault(static text => !IsVariable(text))));
            Assert.Equal(
                VariablesBehind<T>(row.Option, value),
                Code().Matches(row.Line).Select(static match => match.Groups[1].Value).Where(IsVariable).Order(StringComparer.Ordinal));
            Assert.Equal((row.Option, AllowedOf<T>(property, section, row.Option)), (row.Option, row.Allowed));
        }
    }

    private static bool IsVariable(string text) => text.StartsWith("CONSUL_", StringComparison.Ordinal);

    private static IEnumerable<string> Paths(Type type) => type.GetProperties().SelectMany(static property =>
        property.PropertyType == typeof(ConsulTlsOptions) ? Paths(property.PropertyType).Select(path => $"{property.Name}:{path}") : [property.Name]);

    private static PropertyInfo Find(Type type, string path) =>
        path.Split(':').Aggregate((Type: type, Property: (PropertyInfo?)null), static (at, name) => at.Type.GetProperty(name) is { } next ? (next.PropertyType, next) : at).Property!;

    private static object? Get(object options, string path) => path.Split(':').Aggregate((object?)options, static (at, name) => at!.GetType().GetProperty(name)!.GetValue(at));

    /// <summary>A value as configuration spells it; null where there is none.</summary>
    private static string? Text(object? value) => value switch
    {
        null => null,
        bool flag => flag ? "true" : "false",
        IDictionary or IDictionary<string, string> => "{}",
        IList<string> => "[]",
        _ => string.Create(CultureInfo.InvariantCulture, $"{value}"),
    };

    private static IEnumerable<string> VariablesBehind<T>(string path, string? unset)
        where T : class
    {
        var known = new SortedSet<string>(StringComparer.Ordinal);
        _ = Resolve<T>(new ConfigurationBuilder().Build(), name =>
        {
            known.Add(name);
            return null;
        });
        return known.Where(variable => Samples.Any(sample => Text(Get(Resolve<T>(new ConfigurationBuilder().Build(), name => name == variable ? sample : null), path)) != unset));
    }

    /// <summary>What validation says is allowed, to a value of the right kind that is not; empty where any text is.</summary>
    private static string AllowedOf<T>(PropertyInfo property, string section, string path)
        where T : class
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        var wrong = type == typeof(TimeSpan) ? "999.00:00:00" : type == typeof(int) ? "2147483647" : type == typeof(bool) || type.IsEnum ? "wrong" : null;
        if (wrong is null)
        {
            return "";
        }

        var configuration = Configured($"{section}:{path}", wrong);
        var validators = Services(configuration, static _ => null).GetServices<IValidateOptions<T>>();
        var failures = validators.SelectMany(validator => validator.Validate(null, Resolve<T>(configuration, static _ => null)).Failures ?? []);
        return AllowedIn(failures.First(failure => failure.StartsWith($"{section}:{path} is ", StringComparison.Ordinal)));
    }

    private static string AllowedIn(string problem) => TrailingZeros().Replace(problem.Split("allowed is ")[1].TrimEnd('.'), "$1");

    /// <summary>The options before anything has judged them.</summary>
    private static T Resolve<T>(IConfiguration configuration, Func<string, string?> environment)
        where T : class
    {
        using var services = Services(configuration, environment);
        var options = Activator.CreateInstance<T>();
        foreach (var setup in services.GetServices<IPostConfigureOptions<T>>())
        {
            setup.PostConfigure(null, options);
        }

        return options;
    }

    private static ServiceProvider Services(IConfiguration configuration, Func<string, string?> environment)
    {
        var services = new ServiceCollection();
        services.AddSingleton(configuration).AddSingleton(new ConsulEnvironment(environment)).AddConsulRegistration();
        return services.BuildServiceProvider();
    }

    private static IConfigurationRoot Configured(string key, string value) => new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create<string, string?>(key, value)]).Build();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    // A duration of a tenth of a second is 00:00:00.1000000.
    [GeneratedRegex(@"(\.\d*?[1-9])0+\b")]
    private static partial Regex TrailingZeros();

    private sealed record Row(string Line, string Option, string Default, string Allowed)
    {
        public static Row Parse(string line)
        {
            var cells = line.Split('|').Select(static cell => cell.Trim()).ToArray();
            return new Row(line, cells[1].Trim('`'), cells[2], cells[3]);
        }
    }
}
