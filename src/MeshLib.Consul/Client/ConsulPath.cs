using System.Text;

namespace MeshLib.Consul;

/// <summary>Builds path and query of a request. Every value becomes exactly one segment or one query value, whatever it holds.</summary>
internal sealed class ConsulPath
{
    private readonly StringBuilder _text;
    private bool _hasQuery;

    /// <param name="prefix">The fixed start, such as <c>v1/health/service/</c>.</param>
    /// <param name="segment">A name, which becomes one segment.</param>
    public ConsulPath(string prefix, string? segment = null)
    {
        _text = new StringBuilder(prefix);
        if (segment is null)
        {
            return;
        }

        // Dots are not escaped by any rule, and every party on the way resolves them as steps in the path.
        if (segment is "" or "." or "..")
        {
            throw new ArgumentException($"'{segment}' cannot be a name in Consul.", nameof(segment));
        }

        _text.Append(Uri.EscapeDataString(segment));
    }

    /// <summary>Adds a query value unless it is null or empty.</summary>
    public ConsulPath With(string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            Flag(name);
            _text.Append('=').Append(Uri.EscapeDataString(value));
        }

        return this;
    }

    /// <summary>Adds a query name without a value.</summary>
    public ConsulPath Flag(string name)
    {
        _text.Append(_hasQuery ? '&' : '?').Append(name);
        _hasQuery = true;
        return this;
    }

    public override string ToString() => _text.ToString();
}
