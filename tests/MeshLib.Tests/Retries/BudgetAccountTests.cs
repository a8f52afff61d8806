using MeshLib.TestKit;
using MeshLib.Tests.Calls;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Retries;

/// <summary>What leaves the budget is what was sent beyond the first attempts, whatever cuts calls short.</summary>
public class BudgetAccountTests
{
    private const int Burst = 100_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task WhateverBecomesOfCalls_WithdrawnIsWhatWasSentAgain(int seed)
    {
        var time = new FakeTimeProvider();
        var random = new Random(seed);
        await using var mesh = await VirtualMesh.StartAsync(time, policy =>
        {
            SetBudget(policy);
            policy.Retry.MaxBackoff = TimeSpan.FromMilliseconds(500);
            policy.Retry.Backoff = TimeSpan.FromMilliseconds(500);
            policy.CircuitBreaker.ConsecutiveFailures = 3;
        });
        var (extra, taken) = (0, 0);
        for (var number = 0; number < 60; number++)
        {
            using var caller = new CancellationTokenSource(TimeSpan.FromMilliseconds(random.Next(1, 20_000)), time);
            using var request = VirtualMesh.Request();
            request.SetMeshDeadline(TimeSpan.FromMilliseconds(random.Next(1, 12_000)));
            var call = mesh.SendAsync(request, caller.Token);
            while (true)
            {
                await time.AdvanceUntilAsync(() => call.IsCompleted || mesh.Transport.Attempts > taken, TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(60));
                if (mesh.Transport.Attempts == taken)
                {
                    break;
                }

                taken++;
                Answer(await mesh.Transport.NextAsync(), random);
            }

            await call.ContinueWith(static ended => _ = ended.Exception, TaskScheduler.Default);
            extra += Math.Max(0, request.GetMeshReport()!.Attempts.Count - 1);
            Assert.True(Burst - extra == mesh.Service.Budget.Balance, $"After call {number}: {extra} sent again, {Burst - mesh.Service.Budget.Balance} withdrawn; {request.GetMeshReport()}");
        }

        Assert.True(extra >= 5, $"Hardly tried: {extra} sent again.");
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task CallThatIsCancelledInTheWaitForItsRetry_HasPaidForNone()
    {
        var time = new FakeTimeProvider();
        await using var mesh = await VirtualMesh.StartAsync(time, SetBudget);
        mesh.Transport.Answer(_ => ScriptedTransport.Response(503, "", ("Retry-After", "5")));
        using var caller = new CancellationTokenSource();
        var call = mesh.GetAsync(cancellationToken: caller.Token);
        await Eventually.EqualsAsync(Burst - 1, () => mesh.Service.Budget.Balance);

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WithinHangLimit());
        Assert.Equal(Burst, mesh.Service.Budget.Balance);
    }

    [Fact]
    public async Task AttemptThatIsCutOffAndThenHasNowhereToGo_HasPaidForNone()
    {
        var time = new FakeTimeProvider();
        await using var mesh = await VirtualMesh.StartAsync(
            time,
            policy =>
            {
                SetBudget(policy);
                policy.CircuitBreaker.ConsecutiveFailures = 1;
            },
            endpoints: 1);
        var call = mesh.GetAsync();
        await mesh.Transport.NextAsync();
        mesh.Advance(3_010);

        await Assert.ThrowsAsync<DeadlineExceededException>(() => call.WithinHangLimit());

        Assert.Equal((1, Burst), (mesh.Transport.Attempts, (int)mesh.Service.Budget.Balance));
    }

    [Fact]
    public async Task AttemptsThatEndAsTheirTimeIsUp_PayForWhatIsSentAgain()
    {
        const int Calls = 3_000;
        var transport = new SlowTransport();
        await using var host = new ServiceCollection()
            .AddMesh(options =>
            {
                var orders = options.Services["orders"];
                SetBudget(orders);
                orders.AttemptTimeout = TimeSpan.FromMilliseconds(4);
                orders.Retry.MaxBackoff = TimeSpan.Zero;
                orders.CircuitBreaker.ConsecutiveFailures = 1_000_000;
                orders.CircuitBreaker.MinimumThroughput = 1_000_000;
                orders.Bulkhead.MaxConcurrency = 1000;
            })
            .AddEndpoints("orders", "http://10.0.0.1", "http://10.0.0.2").Services.BuildServiceProvider();
        using var invoker = new HttpMessageInvoker(host.GetRequiredService<IMeshHandlerFactory>().CreateHandler(transport));
        var next = 0;
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
        {
            for (var number = Interlocked.Increment(ref next); number <= Calls; number = Interlocked.Increment(ref next))
            {
                using var request = VirtualMesh.Request();
                using var caller = new CancellationTokenSource();
                if (number % 3 == 0)
                {
                    caller.CancelAfter(4);
                }

                try
                {
                    (await invoker.SendAsync(request, caller.Token)).Dispose();
                }
                catch (Exception error) when (error is OperationCanceledException or DeadlineExceededException)
                {
                }
            }
        }))).WithinHangLimit(TimeSpan.FromMinutes(2));

        var budget = host.GetRequiredService<MeshServices>().Services.Single().Budget;
        Assert.True(transport.Repeated > 50, $"Hardly a race: {transport.Repeated} repeated.");
        await Eventually.EqualsAsync(Burst - transport.Repeated, () => (int)budget.Balance);
    }

    [Fact]
    public async Task WhileTheBudgetRefuses_ServersAreToldTheWholeTimeThatTheyHave()
    {
        var time = new FakeTimeProvider();
        await using var mesh = await VirtualMesh.StartAsync(time, policy =>
        {
            policy.Retry.Budget.Ratio = 0;
            policy.Retry.Budget.MinPerSecond = 0.1;
            policy.Retry.Budget.Burst = 0;
        });
        Assert.Equal("3000m", await TimeoutOfAsync(answersAfter: 3_100));

        // No retry could follow now, so no attempt will be cut off.
        Assert.Equal("30000m", await TimeoutOfAsync(answersAfter: 0));
        mesh.Advance(20_000);
        Assert.Equal("3000m", await TimeoutOfAsync(answersAfter: 0));

        async Task<string?> TimeoutOfAsync(double answersAfter)
        {
            var call = mesh.GetAsync();
            var exchange = await mesh.Transport.NextAsync();
            mesh.Advance(answersAfter);
            exchange.Respond(200);
            (await call.WithinHangLimit()).Dispose();
            return exchange.Request.MeshTimeout;
        }
    }

    [Fact]
    public async Task AttemptThatBeganWhileTheBudgetRefused_IsCutOffWhenItAllowsThatAgain()
    {
        await using var mesh = await VirtualMesh.StartAsync(new FakeTimeProvider(), policy =>
        {
            policy.Retry.Budget.MinPerSecond = 0;
            policy.Retry.Budget.Burst = 0;
        });
        await AnswerAfterAsync(mesh.GetAsync(), 3_100);
        var hanging = mesh.GetAsync();
        await mesh.Transport.NextAsync();
        for (var paying = 0; paying < 20; paying++)
        {
            await AnswerAfterAsync(mesh.GetAsync(), 1);
        }

        mesh.Advance(3_000);

        await AnswerAfterAsync(hanging, 1);

        async Task AnswerAfterAsync(Task<HttpResponseMessage> call, double milliseconds)
        {
            var exchange = await mesh.Transport.NextAsync();
            mesh.Advance(milliseconds);
            exchange.Respond(200);
            (await call.WithinHangLimit()).Dispose();
        }
    }

    private static void SetBudget(MeshPolicy policy)
    {
        policy.Retry.Budget.Ratio = 0;
        policy.Retry.Budget.MinPerSecond = 0;
        policy.Retry.Budget.Burst = Burst;
        policy.Retry.Budget.Window = TimeSpan.FromHours(1);
    }

    private static void Answer(ScriptedExchange exchange, Random random)
    {
        switch (random.Next(8))
        {
            case 0:
                exchange.Respond(200);
                break;
            case 1:
                exchange.Respond(500);
                break;
            case 2:
                exchange.Respond(503, "", ("Retry-After", $"{random.Next(0, 9)}"));
                break;
            case 3:
                exchange.Respond(503, "", ("mesh-retry", "no"));
                break;
            case 4:
                exchange.Fail(TransportErrors.Reset());
                break;

            // Left to hang: the attempt's time, the deadline or the caller ends it.
        }
    }

    /// <summary>Answers about when the attempt's time is up, and counts what was sent again.</summary>
    private sealed class SlowTransport : HttpMessageHandler
    {
        private int _sent;
        private int _repeated;

        public int Repeated => Volatile.Read(ref _repeated);

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Headers.Contains("mesh-attempt"))
            {
                Interlocked.Increment(ref _repeated);
            }

            // From well before the attempt's time is up to well after.
            await Task.Delay(TimeSpan.FromMilliseconds(1 + (Interlocked.Increment(ref _sent) % 7)), TimeProvider.System, cancellationToken);
            return new HttpResponseMessage { Content = new StringContent("ok") };
        }
    }
}
