namespace MeshLib;

/// <summary>A gRPC method, <c>/package.Service/Method</c>, or a pattern with one <c>*</c> at its end: <c>/package.Service/Get*</c>.</summary>
internal readonly struct GrpcMethodPattern
{
    private readonly string _text;
    private readonly bool _prefix;

    public GrpcMethodPattern(string pattern)
    {
        _prefix = pattern.EndsWith('*');
        _text = _prefix ? pattern[..^1] : pattern;
    }

    public bool Matches(string path) => _prefix ? path.StartsWith(_text, StringComparison.Ordinal) : string.Equals(path, _text, StringComparison.Ordinal);
}
