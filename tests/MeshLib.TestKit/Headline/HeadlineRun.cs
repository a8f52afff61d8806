using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Polly;

namespace MeshLib.TestKit.Headline;

/// <summary>Runs one column against a fleet of three.</summary>
public sealed class HeadlineRun : IAsyncDisposable
{
    private static readonly TimeSpan HangLimit = TimeSpan.FromSeconds(30);
    private const int OpeningCalls = 1;
    private static readonly Uri Order = new("/orders/1", UriKind.Relative);

    private readonly LoadClock _clock;
    private readonly OrdersFleet _fleet;
    private readonly ServiceProvider _services;
    private readonly HttpClient _client;

    private HeadlineRun(HeadlineColumn column, bool immediateRetries, LoadClock clock)
    {
        _clock = clock;
        _fleet = new OrdersFleet(clock.Time);
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(clock.Time);
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(
            OrdersFleet.Addresses.Select((address, index) => KeyValuePair.Create($"Services:orders:http:{index}", (string?)$"http://{address}"))).Build());

        // Polly takes its time from the builder, not from the container; every pipeline registered with the container starts from this one.
        services.AddTransient(_ => new ResiliencePipelineBuilder { TimeProvider = clock.Time });
        column.Configure(services, immediateRetries).ConfigurePrimaryHttpMessageHandler(() => _fleet);
        _services = services.BuildServiceProvider();
        _client = _services.GetRequiredService<IHttpClientFactory>().CreateClient("orders");
    }

    /// <summary>One call after the other.</summary>
    public static Task<LoadFigures> SequentialAsync(HeadlineColumn column, bool oneFails, int calls, LoadClock clock) => OffContextAsync(async () =>
    {
        await using var run = new HeadlineRun(column, immediateRetries: true, clock);
        await run.BeginAsync(oneFails);
        return await run.SequentialAsync(ArrivalSchedule.Sequential(calls));
    });

    /// <summary>Calls at their own time, however long the earlier ones take.</summary>
    public static Task<LoadFigures> OpenLoopAsync(HeadlineColumn column, bool oneFails, double perSecond, TimeSpan duration, LoadClock clock) => OffContextAsync(async () =>
    {
        await using var run = new HeadlineRun(column, immediateRetries: false, clock);
        await run.BeginAsync(oneFails);
        return await run.OpenLoopAsync(ArrivalSchedule.Open(perSecond, duration));
    });

    // Under a test runner's synchronization context, ConfigureAwait(false) leaves the thread that moves virtual time, and time would run away from the call.
    private static Task<LoadFigures> OffContextAsync(Func<Task<LoadFigures>> run) => Task.Run(run);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _services.DisposeAsync();
        _fleet.Dispose();
    }

    /// <summary>
    /// One call before the incident, not counted. It resolves <c>orders</c>, on whatever thread discovery likes and in no virtual time; from then on every
    /// continuation runs inline on the thread that moves the time, which makes a virtual run repeatable.
    /// </summary>
    private async Task BeginAsync(bool oneFails)
    {
        using var response = await _client.GetAsync(Order).WaitAsync(HangLimit, TimeProvider.System);
        response.EnsureSuccessStatusCode();
        _fleet.OneFails = oneFails;
    }

    private async Task<LoadFigures> SequentialAsync(IReadOnlyList<Arrival> arrivals)
    {
        var recorder = new LoadRecorder(arrivals.Count);
        for (var call = 0; call < arrivals.Count; call++)
        {
            var open = CallAsync(recorder, call, _clock.Time.GetTimestamp(), arrivals[call].Work);
            await _clock.CompleteAsync(open);
        }

        return recorder.Figures(_fleet.Attempts - OpeningCalls);
    }

    private async Task<LoadFigures> OpenLoopAsync(IReadOnlyList<Arrival> arrivals)
    {
        var recorder = new LoadRecorder(arrivals.Count);
        var open = new Task[arrivals.Count];
        var start = _clock.Time.GetTimestamp();
        for (var call = 0; call < arrivals.Count; call++)
        {
            var (at, work) = arrivals[call];
            await _clock.UntilAsync(start, at);
            var due = start + (long)(at.TotalSeconds * _clock.Time.TimestampFrequency);
            open[call] = CallAsync(recorder, call, due, work);
        }

        await _clock.CompleteAsync(Task.WhenAll(open));
        return recorder.Figures(_fleet.Attempts - OpeningCalls);
    }

    private async Task CallAsync(LoadRecorder recorder, int call, long due, TimeSpan work)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Order);
            request.Options.Set(OrdersFleet.Work, work);
            using var response = await _client.SendAsync(request);
            if (response.IsSuccessStatusCode)
            {
                recorder.Succeed(call, _clock.Time.GetElapsedTime(due));
            }
            else
            {
                recorder.Fail(call, response);
            }
        }
#pragma warning disable CA1031 // Whatever a column throws is its result.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            recorder.Fail(call, exception);
        }
    }
}
