using System.Collections.Concurrent;
using MeshLib.TestKit;
using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Tests.Calls;

/// <summary>Time limits are pooled: one that fires as its call ends must not hit the call that gets it next.</summary>
public class LimitReuseRaces
{
    private const int Rounds = 10_000;
    private const int Callers = 32;

    private static readonly HttpRequestOptionsKey<TimeSpan> Delay = new("Delay");

    [Fact]
    public async Task LimitThatFiresAsItsCallEnds_NeverHitsAnotherCall()
    {
        await using var host = new ServiceCollection()
            .AddMesh(options =>
            {
                options.Services["orders"].AttemptTimeout = TimeSpan.FromSeconds(30);
                options.Services["orders"].Bulkhead.MaxConcurrency = 1000;
            })
            .AddEndpoints("orders", "http://10.0.0.1", "http://10.0.0.2").Services.BuildServiceProvider();
        using var invoker = new HttpMessageInvoker(host.GetRequiredService<IMeshHandlerFactory>().CreateHandler(new DelayedTransport()));
        var ends = new ConcurrentDictionary<string, int>();
        var wrong = new ConcurrentQueue<string>();
        var round = -1;

        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            for (var number = Interlocked.Increment(ref round); number < Rounds; number = Interlocked.Increment(ref round))
            {
                // Two calls at once: one that is cut off about when it is answered, and one that nothing may cut off.
                await Task.WhenAll(HurriedAsync(invoker, new Random(number), ends), PatientAsync(invoker, new Random(~number), wrong));
            }
        }))).WithinHangLimit(TimeSpan.FromMinutes(2));

        Assert.True(wrong.IsEmpty, $"{wrong.Count} undisturbed calls were disturbed, the first: {wrong.FirstOrDefault()}");
        Assert.All(["answered", nameof(OutcomeReason.DeadlineExceeded), "cancelled"], end => Assert.True(ends.GetValueOrDefault(end) > 100, $"Hardly a race: {string.Join(", ", ends)}"));
        var services = host.GetRequiredService<MeshServices>();
        await Eventually.BecomesTrueAsync(() => services.Sets.All(set => set.Snapshot!.All.All(endpoint => endpoint.InFlight == 0)));
        Assert.All(services.Services, service => Assert.Equal((0, 0), (service.Bulkhead.InUse, service.Bulkhead.Streams)));
        TestContext.Current.TestOutputHelper?.WriteLine($"{Rounds} rounds: {string.Join(", ", ends)}; {Rounds} undisturbed.");
    }

    private static async Task HurriedAsync(HttpMessageInvoker invoker, Random random, ConcurrentDictionary<string, int> ends)
    {
        using var request = Request(random, milliseconds: random.Next(1, 7));
        using var cancellation = new CancellationTokenSource();
        var byDeadline = random.Next(2) == 0;
        if (byDeadline)
        {
            request.SetMeshDeadline(TimeSpan.FromMilliseconds(random.Next(2, 7)));
        }
        else
        {
            cancellation.CancelAfter(random.Next(1, 5));
        }

        try
        {
            using var response = await invoker.SendAsync(request, cancellation.Token);
            await response.Content.ReadAsByteArrayAsync();
            Count("answered");
        }
        catch (DeadlineExceededException exceeded) when (byDeadline)
        {
            Count(exceeded.Reason.ToString());
        }
        catch (OperationCanceledException cancelled) when (!byDeadline && cancelled.CancellationToken == cancellation.Token)
        {
            Count("cancelled");
        }
        catch (Exception error) when (error is HttpIOException { InnerException: DeadlineExceededException } or { InnerException: HttpIOException { InnerException: DeadlineExceededException } } && byDeadline)
        {
            Count(nameof(OutcomeReason.DeadlineExceeded));
        }

        void Count(string end) => ends.AddOrUpdate(end, 1, static (_, count) => count + 1);
    }

    private static async Task PatientAsync(HttpMessageInvoker invoker, Random random, ConcurrentQueue<string> wrong)
    {
        using var request = Request(random, milliseconds: random.Next(0, 5));
        try
        {
            using var response = await invoker.SendAsync(request, CancellationToken.None);
            var bytes = await response.Content.ReadAsByteArrayAsync();
            if (bytes.Length != 2 || response.GetMeshReport() is not { Reason: OutcomeReason.Ok, Attempts.Count: 1 })
            {
                wrong.Enqueue(response.GetMeshReport()!.ToString());
            }
        }
#pragma warning disable CA1031 // Whatever it is, it is wrong.
        catch (Exception error)
#pragma warning restore CA1031
        {
            wrong.Enqueue(error.ToString());
        }
    }

    private static HttpRequestMessage Request(Random random, int milliseconds)
    {
        var request = new HttpRequestMessage(random.Next(2) == 0 ? HttpMethod.Get : HttpMethod.Post, "http://orders/");
        request.Options.Set(Delay, TimeSpan.FromMilliseconds(milliseconds));
        return request;
    }

    private sealed class DelayedTransport : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Options.TryGetValue(Delay, out var delay);
            if (delay > TimeSpan.Zero)
            {
                await Task.Delay(delay, TimeProvider.System, cancellationToken);
            }

            var body = ScriptedBody.Of("ok");
            return ScriptedTransport.Response(200, request.Method == HttpMethod.Get ? body : body.WithoutLength());
        }
    }
}
