using System.Collections;

namespace MeshLib;

/// <summary>Policies by name, whatever the case. Asking for a name that is not there adds it.</summary>
public sealed class MeshPolicyCollection : IReadOnlyCollection<KeyValuePair<string, MeshPolicy>>
{
    private readonly Dictionary<string, MeshPolicy> _policies = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>How many names there are.</summary>
    public int Count => _policies.Count;

    /// <summary>The policy of <paramref name="name"/>, added empty when there was none.</summary>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public MeshPolicy this[string name]
    {
        get
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(name);
            if (!_policies.TryGetValue(name, out var policy))
            {
                _policies[name] = policy = new();
            }

            return policy;
        }
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, MeshPolicy>> GetEnumerator() => _policies.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
