namespace MeshLib;

/// <summary>Finds the name that was meant by one that is not known.</summary>
internal static class NearestName
{
    /// <summary>The known name that is fewest edits away, if it is near enough to be meant: a third of the letters, at least two.</summary>
    public static string? Of(string name, IEnumerable<string> known)
    {
        var (nearest, distance) = known
            .Select(candidate => (Name: candidate, Distance: Distance(name.ToUpperInvariant(), candidate.ToUpperInvariant())))
            .OrderBy(static candidate => candidate.Distance)
            .FirstOrDefault();
        return nearest is not null && distance <= Math.Max(2, nearest.Length / 3) && distance < nearest.Length ? nearest : null;
    }

    /// <summary>A sentence that names what was probably meant, or else all that could be.</summary>
    public static string Hint(string name, IReadOnlyCollection<string> known) => Of(name, known) is { } nearest ? $"Did you mean {nearest}?" : $"Known are {string.Join(", ", known)}.";

    // Levenshtein's distance with one row; two letters that changed places count as one edit more than a person would, hence "at least two".
    private static int Distance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (from[i - 1] == to[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[^1];
    }
}
