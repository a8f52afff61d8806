using System.Net;

namespace MeshLib.Consul;

/// <summary>
/// How long queries block. Some servers and proxies cut every request after half a minute (Consul 1.22 did by default): two such cuts in a row are
/// answered by blocking for less, and not taken for a fault of Consul's. Belongs to one loop.
/// </summary>
internal sealed class BlockingWait(TimeSpan wait)
{
    private static readonly TimeSpan BelowTheLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan EarliestCut = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan LatestCut = TimeSpan.FromSeconds(40);

    private int _cuts;

    public TimeSpan Current { get; private set; } = wait;

    /// <summary>Notes that a query was answered while it blocked.</summary>
    public void Answered() => _cuts = 0;

    /// <summary>Whether a blocking query that failed was only cut.</summary>
    public static bool WasCut(ConsulException failure, TimeSpan elapsed) =>
        elapsed >= EarliestCut
        && elapsed <= LatestCut
        && (failure.Failure is ConsulFailure.Unreachable || failure.StatusCode is HttpStatusCode.GatewayTimeout or HttpStatusCode.RequestTimeout);

    /// <returns>Whether queries block for less from now on.</returns>
    public bool Cut()
    {
        if (++_cuts < 2 || Current <= BelowTheLimit)
        {
            return false;
        }

        Current = BelowTheLimit;
        return true;
    }
}
