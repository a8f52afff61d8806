using System.Collections.Concurrent;

namespace MeshLib;

/// <summary>What one process remembers of one service, whatever client calls it and however often handlers are rotated: its policy, its budget, its bulkhead.</summary>
internal sealed class MeshService
{
    private readonly MeshPolicies _policies;
    private readonly RetryStrategy _retryStrategy;
    private readonly ConcurrentDictionary<string, CallPolicy> _clients = new(StringComparer.Ordinal);
    private readonly bool _isDeclaredInCode;
    private readonly Lock _control = new();
    private volatile EffectivePolicy _policy;

    public MeshService(string name, MeshPolicies policies, RetryStrategy retryStrategy, MeshEnvironment environment, bool isDeclaredInCode)
    {
        Name = name;
        _isDeclaredInCode = isDeclaredInCode;
        _policies = policies;
        _retryStrategy = retryStrategy;
        _policy = policies.ForService(name);
        Budget = new RetryBudget(_policy.Retry.Budget, environment.Clock);
        Withdrawn = new WithdrawnAddresses(environment.Clock);
        Bulkhead = new Bulkhead(_policy.Bulkhead, environment.Clock, environment.Background);
    }

    public string Name { get; }

    /// <summary>Whether configuration, code or a client's registration names the service: it is never passed through and its watch lives on without traffic.</summary>
    public bool IsDeclared => _isDeclaredInCode || _policies.IsDeclared(Name);

    /// <summary>What is shared by all clients of the service.</summary>
    public EffectivePolicy Policy => _policy;

    public RetryBudget Budget { get; }

    public Bulkhead Bulkhead { get; }

    /// <summary>What somebody has ejected by hand.</summary>
    public WithdrawnAddresses Withdrawn { get; }

    /// <summary>The application's own judgement of the service's answers.</summary>
    public FailurePredicate? Predicate { get; init; }

    /// <summary>What holds for one client's calls.</summary>
    public CallPolicy PolicyOf(string client)
    {
        while (true)
        {
            var version = _policies.Version;
            if (_clients.TryGetValue(client, out var known))
            {
                return known;
            }

            var policy = _clients.GetOrAdd(client, static (name, self) => new CallPolicy(self, self._policies.ForClient(self.Name, name), self._retryStrategy), this);

            // A change in between may have emptied the dictionary before an outdated policy came into it.
            if (_policies.Version == version)
            {
                return policy;
            }

            Drop(client, policy);
        }
    }

    /// <summary>The control arrow: takes over a changed policy. Calls under way keep the one they started with.</summary>
    public void ApplyPolicy()
    {
        // Two changes may be announced at once: the later reading must not be followed by the earlier one.
        lock (_control)
        {
            _policy = _policies.ForService(Name);
            Budget.Apply(_policy.Retry.Budget);
            Bulkhead.Apply(_policy.Bulkhead);
        }

        foreach (var (client, policy) in _clients)
        {
            Drop(client, policy);
        }
    }

    private void Drop(string client, CallPolicy policy)
    {
        _clients.TryRemove(new(client, policy));
        policy.Supersede();
    }
}
