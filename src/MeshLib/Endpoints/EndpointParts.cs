namespace MeshLib;

/// <summary>Lists of endpoints that are a part of another, in the same order, as those that may receive traffic are of the members: told apart in one pass and without a table, because at 10 000 members each breaker that opens asks.</summary>
internal static class EndpointParts
{
    /// <summary>Which of <paramref name="all"/> are in <paramref name="part"/>.</summary>
    public static bool[] Mark(IReadOnlyList<MeshEndpoint> all, IReadOnlyList<MeshEndpoint> part)
    {
        var marks = new bool[all.Count];
        for (var (i, next) = (0, 0); i < marks.Length && next < part.Count; i++)
        {
            if (ReferenceEquals(all[i], part[next]))
            {
                marks[i] = true;
                next++;
            }
        }

        return marks;
    }
}
