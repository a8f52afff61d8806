using Microsoft.Extensions.Logging;

namespace MeshLib.Consul;

/// <summary>Tells of changes of the registration: each state once, not each heartbeat. Belongs to one loop.</summary>
internal sealed partial class RegistrationSignals(ILogger<RegistrationService> logger, RegistrationStatus status, TimeProvider time)
{
    // A refused token needs a person, and a person may look at the log only now.
    private static readonly TimeSpan DeniedInterval = TimeSpan.FromMinutes(1);

    private bool _failing;
    private bool _faulted;
    private bool _missing;
    private long? _deniedAt;

    public void Registered(InstanceDefinition definition, InstanceAddress address)
    {
        status.Set(RegistrationState.Registered);
        LogRegistered(definition.Service, definition.Id, address.Host ?? "the address of the node", address.Port);
    }

    public void Forgotten(InstanceDefinition definition) => LogForgotten(definition.Service, definition.Id);

    public void Failed(InstanceDefinition definition, Exception failure)
    {
        status.Set(RegistrationState.Failing, failure.Message);
        var denied = failure is ConsulException { Failure: ConsulFailure.Denied };
        var toldLately = _deniedAt is { } last && time.GetElapsedTime(last) < DeniedInterval;
        if (denied && !toldLately)
        {
            _deniedAt = time.GetTimestamp();
            LogDenied(definition.Service, failure.Message);
        }
        else if (!_failing && !denied)
        {
            LogFailing(definition.Service, failure.Message);
        }

        _failing = true;
    }

    public void Answered(InstanceDefinition definition, int failures)
    {
        _faulted = false;
        if (_failing)
        {
            _failing = false;
            _deniedAt = null;
            LogAnswered(definition.Service, failures);
        }
    }

    public void Missing(InstanceDefinition definition, TimeSpan missingFor)
    {
        var seconds = Math.Round(missingFor.TotalSeconds);
        status.Set(RegistrationState.Missing, $"Consul's agent has taken the registration, but its catalogue has not listed it for {seconds} s.");
        if (!_missing)
        {
            _missing = true;
            LogMissing(definition.Service, definition.Id, seconds);
        }
    }

    public void Listed(InstanceDefinition definition)
    {
        if (_missing)
        {
            _missing = false;
            status.Set(RegistrationState.Registered);
            LogListed(definition.Service, definition.Id);
        }
    }

    public void PredecessorRemoved(InstanceDefinition definition, string id) => LogPredecessorRemoved(definition.Service, id);

    public void ListensNowhere(InstanceDefinition definition) => LogListensNowhere(definition.Service);

    public void NowhereToReach(InstanceDefinition definition, string listening) => LogNowhereToReach(definition.Service, listening);

    public void Withdrawn(InstanceDefinition definition)
    {
        status.Set(RegistrationState.Withdrawn);
        LogWithdrawn(definition.Service, definition.Id);
    }

    public void NotWithdrawn(InstanceDefinition definition, string problem)
    {
        status.Set(RegistrationState.Withdrawn, problem);
        LogNotWithdrawn(definition.Service, definition.Id, problem);
    }

    public void Faulted(Exception fault)
    {
        status.Set(RegistrationState.Failing, fault.Message);
        if (!_faulted)
        {
            _faulted = true;
            LogFaulted(fault);
        }
    }
}
