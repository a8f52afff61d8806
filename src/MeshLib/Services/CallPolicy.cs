using System.Collections.Frozen;
using Polly;

namespace MeshLib;

/// <summary>The effective policy of one client of one service, prepared for the request path.</summary>
internal sealed class CallPolicy
{
    private readonly FrozenSet<string> _methods;
    private readonly GrpcMethodPattern[] _grpcMethods;
    private readonly Lazy<ResiliencePipeline<HttpResponseMessage>> _retries;
    private readonly string _attemptTimeoutHeader;

    private volatile bool _superseded;

    public CallPolicy(MeshService service, EffectivePolicy policy, RetryStrategy retries)
    {
        Service = service;
        Policy = policy;
        _methods = policy.Retry.Methods.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        _grpcMethods = [.. policy.Retry.GrpcMethods.Select(static pattern => new GrpcMethodPattern(pattern))];

        _attemptTimeoutHeader = MeshLib.TimeoutHeader.Format(policy.AttemptTimeout);

        // Built when the first retry needs it: a client that never fails never pays for Polly.
        _retries = new(() => retries.Build(service, policy));
    }

    public MeshService Service { get; }

    public EffectivePolicy Policy { get; }

    /// <summary>Whether no newer policy has taken its place. Calls that began under this one end under it.</summary>
    public bool IsCurrent => !_superseded;

    public ResiliencePipeline<HttpResponseMessage> Retries => _retries.Value;

    public void Supersede() => _superseded = true;

    /// <summary>A first attempt has its whole timeout left, so that nearly every request carries the same text.</summary>
    public string TimeoutHeader(TimeSpan remaining) => remaining == Policy.AttemptTimeout ? _attemptTimeoutHeader : MeshLib.TimeoutHeader.Format(remaining);

    /// <summary>Whether policy allows to send <paramref name="request"/> again although the endpoint may have begun to process it.</summary>
    public bool Repeatable(HttpRequestMessage request, bool grpc)
    {
        if (request.Headers.NonValidated.Contains(MeshHeaders.IdempotencyKey))
        {
            return true;
        }

        if (!grpc)
        {
            return _methods.Contains(request.Method.Method);
        }

        var path = request.RequestUri!.AbsolutePath;
        foreach (var pattern in _grpcMethods)
        {
            if (pattern.Matches(path))
            {
                return true;
            }
        }

        return false;
    }
}
