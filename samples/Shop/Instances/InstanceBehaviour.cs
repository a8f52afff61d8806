namespace Shop.Instances;

/// <summary>How this instance answers: the work that stands for a database, and the fault that the driver asked for.</summary>
internal sealed class InstanceBehaviour(InstanceSettings settings, TimeProvider time, IHostApplicationLifetime lifetime)
{
    private const int BusyFactor = 5;
    private const int SlowFactor = 10;
    private const double FlakyShare = 0.3;
    private static readonly TimeSpan Work = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan QuickFailure = TimeSpan.FromMilliseconds(1);

    private readonly Random _random = new(settings.Seed);
    private volatile Fault _fault;

    public Fault Fault
    {
        get => _fault;
        set => _fault = value;
    }

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        switch (_fault)
        {
            case Fault.Hang:
                using (var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping))
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, time, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }

                context.Abort();
                return;
            case Fault.Unavailable:
            case Fault.Flaky when IsUnlucky():
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                return;
            case Fault.Error:
                await Task.Delay(QuickFailure, time, context.RequestAborted);
                context.Response.StatusCode = StatusCodes.Status500InternalServerError;
                return;
            case Fault.Busy:
                await Task.Delay(Work * BusyFactor, time, context.RequestAborted);
                break;
            case Fault.Slow:
                await Task.Delay(Work * SlowFactor, time, context.RequestAborted);
                break;
            default:
                await Task.Delay(Work, time, context.RequestAborted);
                break;
        }

        await next(context);
    }

    private bool IsUnlucky()
    {
        lock (_random)
        {
            return _random.NextDouble() < FlakyShare;
        }
    }
}
