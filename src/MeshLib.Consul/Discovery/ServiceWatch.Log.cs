using Microsoft.Extensions.Logging;

namespace MeshLib.Consul;

internal sealed partial class ServiceWatch
{
    private void LogIndex(bool usable)
    {
        if (usable)
        {
            LogIndexUsable(Query.Service);
        }
        else
        {
            LogIndexUnusable(Query.Service);
        }
    }

    private void LogDropped(string service, IReadOnlyDictionary<DropReason, int> dropped)
    {
        if (dropped.Count == 0)
        {
            LogNothingDropped(service);
        }
        else if (_logger.IsEnabled(LogLevel.Warning))
        {
            LogDropped(service, dropped.Values.Sum(), string.Join(", ", dropped.OrderBy(pair => pair.Key).Select(pair => $"{ConsulMetrics.NameOf(pair.Key)} {pair.Value}")));
        }
    }

    [LoggerMessage(2001, LogLevel.Debug, "Consul lists {Count} usable instances of {Service}.")]
    private partial void LogPublished(string service, int count);

    [LoggerMessage(2002, LogLevel.Warning, "The instances of {Service} can no longer be kept up to date; the last {Count} stay in use. {Problem}")]
    private partial void LogStale(string service, int count, string problem);

    [LoggerMessage(2003, LogLevel.Information, "The instances of {Service} are up to date again, after {StaleFor}.")]
    private partial void LogFresh(string service, TimeSpan staleFor);

    [LoggerMessage(2004, LogLevel.Error, "Consul refuses to list the instances of {Service}; its token needs service:read and node:read. {Problem}")]
    private partial void LogDenied(string service, string problem);

    [LoggerMessage(2005, LogLevel.Warning, "Consul suddenly lists no instance of {Service}, as it does when a token has lost its rights; the last {Count} stay in use for {Grace}.")]
    private partial void LogEmptyHeld(string service, int count, TimeSpan grace);

    [LoggerMessage(2006, LogLevel.Warning, "Consul has kept listing no instance of {Service}: there is none now.")]
    private partial void LogEmptyBelieved(string service);

    [LoggerMessage(2007, LogLevel.Warning, "{Count} rows of {Service} in Consul are not usable: {Reasons}.")]
    private partial void LogDropped(string service, int count, string reasons);

    [LoggerMessage(2008, LogLevel.Information, "All rows of {Service} in Consul are usable again.")]
    private partial void LogNothingDropped(string service);

    [LoggerMessage(2009, LogLevel.Warning, "The answers for {Service} have no usable X-Consul-Index, so changes are polled for once a second: something between here and Consul drops it.")]
    private partial void LogIndexUnusable(string service);

    [LoggerMessage(2010, LogLevel.Information, "The answers for {Service} have a usable X-Consul-Index again.")]
    private partial void LogIndexUsable(string service);

    [LoggerMessage(2011, LogLevel.Warning, "Blocking queries for {Service} are cut after about 30 s; they wait {Wait} from now on. Consul's http_config or a proxy limits them (Mesh:Consul:Wait).")]
    private partial void LogWaitShortened(string service, TimeSpan wait);

    [LoggerMessage(2012, LogLevel.Error, "A subscriber to the instances of {Service} has thrown.")]
    private partial void LogSubscriberFault(Exception exception, string service);

    [LoggerMessage(2013, LogLevel.Error, "The watch of {Service} has failed by its own fault and goes on.")]
    private partial void LogInternalFault(Exception exception, string service);
}
