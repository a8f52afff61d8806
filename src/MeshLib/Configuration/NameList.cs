using System.Collections;

namespace MeshLib;

/// <summary>An immutable list of names that equals another with the same names in the same order, so that the records which hold it compare by value.</summary>
internal sealed class NameList : IReadOnlyList<string>, IEquatable<NameList>
{
    private readonly string[] _names;

    private NameList(string[] names) => _names = names;

    public int Count => _names.Length;

    public string this[int index] => _names[index];

    public static NameList Of(IReadOnlyList<string> names) => names as NameList ?? new([.. names]);

    public bool Equals(NameList? other) => other is not null && _names.AsSpan().SequenceEqual(other._names);

    public override bool Equals(object? obj) => Equals(obj as NameList);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var name in _names)
        {
            hash.Add(name);
        }

        return hash.ToHashCode();
    }

    public IEnumerator<string> GetEnumerator() => ((IEnumerable<string>)_names).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => string.Join(", ", _names);
}
