using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace MeshLib;

/// <summary>The policies in force in a host: read and checked when it is made, read again when configuration changes. A mistake is never taken over. Thread-safe.</summary>
internal sealed partial class MeshPolicies : IDisposable
{
    /// <summary>Changes are looked for this often, so that a burst of them is one reading, and one is in force well within two seconds.</summary>
    internal static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    private readonly PolicySources _sources;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<string, PolicyLayer> _clientTimeouts = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _doubted = [];
    private readonly Lock _swapping = new();
    private readonly IDisposable _subscription;
    private readonly ITimer? _timer;
    private volatile PolicyReading _reading;
    private volatile PolicySet _current;
    private volatile string? _problem;
    private bool _changed;
    private bool _looking;
    private int _rejected;

    /// <exception cref="OptionsValidationException">There is a mistake in code or configuration; all of them are named.</exception>
    public MeshPolicies(PolicySources sources, TimeProvider time, ILogger<MeshPolicies> logger)
    {
        _sources = sources;
        _logger = logger;

        // Before the first reading, so that no change falls between the two.
        _subscription = sources.OnChange(() => Volatile.Write(ref _changed, true));
        _reading = sources.Read();
        if (_reading.Problems.Count > 0)
        {
            _subscription.Dispose();
            throw new OptionsValidationException(MeshSection.Name, typeof(MeshOptions), _reading.Problems);
        }

        Say(_reading.Doubts);
        _current = new(_reading.Layers, version: 1);
        if (sources.CanChange)
        {
            using (ExecutionContext.SuppressFlow())
            {
                _timer = time.CreateTimer(static self => ((MeshPolicies)self!).Look(), this, Period, Period);
            }
        }
    }

    /// <summary>Raised after policies have changed, by whoever changed them.</summary>
    public event Action<PolicyChange>? Changed;

    public string? ServiceName => _reading.ServiceName;

    public string? Zone => _reading.Zone;

    /// <summary>Whether Microsoft's resilience handlers stay in the chains of mesh clients; chains that are built already keep what they have.</summary>
    public bool KeepResilienceHandlers => _reading.KeepResilienceHandlers;

    /// <summary>Counts the generations of policies, from 1.</summary>
    public long Version => _current.Version;

    /// <summary>How many readings were not taken over, or not whole, because of a mistake in them or a source that could not be heard.</summary>
    public int Rejected => Volatile.Read(ref _rejected);

    /// <summary>Every mistake in the last reading and every source that it could not hear, when because of them something earlier is in force; otherwise <see langword="null"/>.</summary>
    public string? Problem => _problem;

    /// <summary>The services that an entry of <c>Mesh:Services</c> names, in code or in configuration.</summary>
    public IReadOnlyCollection<string> DeclaredServices => _current.DeclaredServices;

    public bool IsDeclared(string service) => _current.IsDeclared(service);

    /// <summary>What all clients of <paramref name="service"/> share.</summary>
    public EffectivePolicy ForService(string service) => _current.ForService(service);

    /// <summary>What holds for the calls of <paramref name="client"/> to <paramref name="service"/>.</summary>
    public EffectivePolicy ForClient(string service, string client) => _current.ForClient(service, client);

    /// <summary>
    /// Takes over the <see cref="HttpClient.Timeout"/> of a client as the weakest of its layers. It was never validated against the others, so where it is shorter than an attempt's timeout that one follows;
    /// an infinite one is the longest timeout there is.
    /// </summary>
    public void SetClientTimeout(string client, TimeSpan timeout, string origin = "HttpClient.Timeout")
    {
        var within = timeout == Timeout.InfiniteTimeSpan || timeout > DurationValue.Longest ? DurationValue.Longest : timeout < DurationValue.Shortest ? DurationValue.Shortest : timeout;
        if (_clientTimeouts.TryGetValue(client, out var known) && known.Policy.Timeout == within)
        {
            return;
        }

        _clientTimeouts[client] = new(PolicyLevel.Client, client, new() { Timeout = within }, origin);
        Swap();
    }

    public void Dispose()
    {
        _subscription.Dispose();
        _timer?.Dispose();
    }

    private void Look()
    {
        // A timer may fire again while the last look still goes on; that look's successor will see the flag.
        if (Interlocked.Exchange(ref _looking, true))
        {
            return;
        }

        try
        {
            if (Interlocked.Exchange(ref _changed, false) || _sources.IsSilenceNew)
            {
                ReadAgain();
            }
        }
#pragma warning disable CA1031 // On a timer's thread an exception would end the process; the policies in force stay in force.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogFault(_logger, exception);
        }
        finally
        {
            Volatile.Write(ref _looking, false);
        }
    }

    private void ReadAgain()
    {
        var reading = _sources.Read();
        if (reading.Problems.Count > 0)
        {
            Reject(string.Join(Environment.NewLine, reading.Problems));
        }
        else if (Interlocked.Exchange(ref _problem, null) is not null)
        {
            LogRecovered(_logger);
        }

        Say(reading.Doubts);
        if (!reading.Same(_reading))
        {
            Swap(reading);
        }
    }

    private void Say(IEnumerable<string> doubts)
    {
        foreach (var doubt in doubts.Where(_doubted.Add))
        {
            LogDoubt(_logger, doubt);
        }
    }

    private void Reject(string problem)
    {
        Interlocked.Increment(ref _rejected);
        if (Interlocked.Exchange(ref _problem, problem) != problem)
        {
            LogRejected(_logger, problem);
        }
    }

    private void Swap(PolicyReading? reading = null)
    {
        PolicyChange change;
        lock (_swapping)
        {
            reading ??= _reading;
            change = new(_current, new([.. _clientTimeouts.Values, .. reading.Layers], _current.Version + 1));
            _reading = reading;
            _current = change.After;
        }

        Changed?.Invoke(change);
    }
}
