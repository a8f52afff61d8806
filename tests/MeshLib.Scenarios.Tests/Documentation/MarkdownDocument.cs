using System.Text.RegularExpressions;

namespace MeshLib.Scenarios.Tests.Documentation;

/// <summary>The parts of a markdown file that are compared with code: fenced blocks that name the region they show, and tables under a heading.</summary>
internal sealed partial class MarkdownDocument(string path)
{
    private readonly string _text = Repository.Read(path);

    /// <summary>Blocks as <c>&lt;!-- region: file#name --&gt;</c>, a line with the fence, the code.</summary>
    public IEnumerable<CodeBlock> Regions() => RegionBlock().Matches(_text).Select(static match =>
        new CodeBlock(match.Groups["file"].Value, match.Groups["name"].Value, match.Groups["code"].Value));

    /// <summary>How many C# blocks there are, with a region or without.</summary>
    public int CSharpBlocks => CSharpFence().Count(_text);

    /// <summary>The rows of the table under a heading, without its head.</summary>
    public IReadOnlyList<string> TableUnder(string heading)
    {
        var lines = _text.Split('\n').SkipWhile(line => line != heading).Skip(1);
        return [.. lines.SkipWhile(static line => !line.StartsWith('|')).TakeWhile(static line => line.StartsWith('|')).Skip(2)];
    }

    [GeneratedRegex(@"<!-- region: (?<file>[^#\n]+)#(?<name>[^ \n]+) -->\n```csharp\n(?<code>.*?)\n```", RegexOptions.Singleline)]
    private static partial Regex RegionBlock();

    [GeneratedRegex("^```csharp$", RegexOptions.Multiline)]
    private static partial Regex CSharpFence();
}

/// <summary>A block of code in a document, and where the code it shows is compiled.</summary>
internal sealed record CodeBlock(string File, string Name, string Code)
{
    /// <summary>The region as it stands in the source, its common indentation taken away.</summary>
    public string Source()
    {
        var lines = Repository.Read(File).Split('\n');
        var start = Array.FindIndex(lines, line => line.Trim() == $"#region {Name}");
        var end = Array.FindIndex(lines, start + 1, static line => line.Trim() == "#endregion");
        Assert.True(start >= 0 && end > start, $"{File} has no region '{Name}'.");
        var body = lines[(start + 1)..end];
        var indentation = body.Where(static line => line.Trim().Length > 0).Min(static line => line.Length - line.TrimStart().Length);
        return string.Join('\n', body.Select(line => line.Length >= indentation ? line[indentation..] : "")).Trim('\n');
    }
}
