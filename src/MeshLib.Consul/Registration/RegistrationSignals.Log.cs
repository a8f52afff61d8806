using Microsoft.Extensions.Logging;

namespace MeshLib.Consul;

internal sealed partial class RegistrationSignals
{
    [LoggerMessage(2101, LogLevel.Information, "Registered as {Id} of {Service} at {Host}, port {Port}.")]
    private partial void LogRegistered(string service, string id, string host, int port);

    [LoggerMessage(2102, LogLevel.Warning, "Consul's agent has forgotten the instance {Id} of {Service}, as it does when it restarts without its data; it is registered again.")]
    private partial void LogForgotten(string service, string id);

    [LoggerMessage(2103, LogLevel.Warning, "The registration of {Service} cannot be kept up; it is tried again until it can. {Problem}")]
    private partial void LogFailing(string service, string problem);

    [LoggerMessage(2104, LogLevel.Error, "Consul refuses the registration of {Service}; its token needs service:write for it. {Problem}")]
    private partial void LogDenied(string service, string problem);

    [LoggerMessage(2105, LogLevel.Information, "Consul takes the registration of {Service} again, after {Failures} failure(s).")]
    private partial void LogAnswered(string service, int failures);

    [LoggerMessage(2106, LogLevel.Warning, "Consul's agent has taken the instance {Id} of {Service}, but the catalogue has not listed it for {Seconds} s, so nobody calls it: the servers refuse what the agent sends (a node's name that is taken, a missing right), or this token may not read it.")]
    private partial void LogMissing(string service, string id, double seconds);

    [LoggerMessage(2107, LogLevel.Information, "The catalogue lists the instance {Id} of {Service} now.")]
    private partial void LogListed(string service, string id);

    [LoggerMessage(2108, LogLevel.Information, "Removed the entry {Id} of {Service}, which a process that no longer runs has left at this address and port.")]
    private partial void LogPredecessorRemoved(string service, string id);

    [LoggerMessage(2109, LogLevel.Warning, "{Service} is not registered in Consul: nothing says where others reach this process. It listens on: {Listening}. Set Mesh:Registration:Address and Port, or switch Mesh:Registration:Enabled off.")]
    private partial void LogNowhereToReach(string service, string listening);

    [LoggerMessage(2120, LogLevel.Information, "{Service} is not registered: this process listens nowhere, as far as the mesh knows (UseMesh() tells it of a web server), and Mesh:Registration:Port is not set.")]
    private partial void LogListensNowhere(string service);

    [LoggerMessage(2110, LogLevel.Information, "Deregistered the instance {Id} of {Service}.")]
    private partial void LogWithdrawn(string service, string id);

    [LoggerMessage(2111, LogLevel.Warning, "The instance {Id} of {Service} could not be deregistered and leaves the catalogue when its heartbeats are missed. {Problem}")]
    private partial void LogNotWithdrawn(string service, string id, string problem);

    [LoggerMessage(2112, LogLevel.Error, "The registration has failed by its own fault and goes on.")]
    private partial void LogFaulted(Exception fault);
}
