using MeshLib.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Calls;

public class BulkheadCallTests() : BulkheadCallCases(new FakeTimeProvider());

public class BulkheadCallTestsOnTheOddClock() : BulkheadCallCases(new OddClock());

/// <summary>The bulkhead as calls meet it; its own rules are tested with it.</summary>
public abstract class BulkheadCallCases(FakeTimeProvider time)
{
    [Fact]
    public async Task FullBulkhead_RefusesBeforeAnyAttemptAndSaysHowManyMay()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.Bulkhead.MaxConcurrency = 2);
        var calls = new[] { mesh.GetAsync(), mesh.GetAsync() };
        var refusal = await Assert.ThrowsAsync<BulkheadRejectedException>(() => mesh.GetAsync().WithinHangLimit());

        Assert.Equal((OutcomeReason.BulkheadFull, 0, "orders"), (refusal.Reason, refusal.Attempts, refusal.Service));
        Assert.Contains("2", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(2, mesh.Transport.Attempts);
        Assert.Equal(1, mesh.Meters.Sum("mesh.client.rejections", ("service", "orders"), ("reason", "bulkhead_full")));
        await AnswerAsync(mesh, calls);
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task Permit_CoversAllAttemptsAndTheWaitsBetweenThem()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.Bulkhead.MaxConcurrency = 1);
        var call = mesh.GetAsync();
        (await mesh.Transport.NextAsync()).Respond(503, "", ("Retry-After", "2"));
        await Eventually.EqualsAsync(0, () => mesh.Transport.InFlight);
        await Assert.ThrowsAsync<BulkheadRejectedException>(() => mesh.GetAsync().WithinHangLimit());
        mesh.Transport.AnswerWith(200);

        (await mesh.AdvanceUntilEndedAsync(call, stepMilliseconds: 500)).Dispose();

        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task Waiters_AreServedInTheirOrder()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy =>
        {
            policy.Bulkhead.MaxConcurrency = 1;
            policy.Bulkhead.MaxQueue = 2;
        });
        var first = mesh.GetAsync("/1");
        var second = mesh.GetAsync("/2");
        var third = mesh.GetAsync("/3");
        await Eventually.EqualsAsync(2, () => mesh.Service.Bulkhead.Queued);
        await Assert.ThrowsAsync<BulkheadRejectedException>(() => mesh.GetAsync("/4").WithinHangLimit());
        foreach (var path in (string[])["/1", "/2", "/3"])
        {
            var exchange = await mesh.Transport.NextAsync();
            Assert.Equal(path, exchange.Request.Uri.AbsolutePath);
            exchange.Respond(200);
        }

        (await first.WithinHangLimit()).Dispose();
        (await second.WithinHangLimit()).Dispose();
        (await third.WithinHangLimit()).Dispose();
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task Waiter_IsSentAwayAtItsDeadline()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy =>
        {
            policy.Bulkhead.MaxConcurrency = 1;
            policy.Bulkhead.MaxQueue = 10;
        });
        var holder = mesh.GetAsync();
        using var request = VirtualMesh.Request();
        request.SetMeshDeadline(TimeSpan.FromMilliseconds(300));
        var waiter = mesh.SendAsync(request);
        await Eventually.EqualsAsync(1, () => mesh.Service.Bulkhead.Queued);

        mesh.Advance(290);
        Assert.False(waiter.IsCompleted);
        mesh.Advance(20);

        var exceeded = await Assert.ThrowsAsync<DeadlineExceededException>(() => waiter.WithinHangLimit());
        Assert.Equal((OutcomeReason.DeadlineExceeded, 0), (exceeded.Reason, exceeded.Attempts));
        Assert.Equal(1, mesh.Transport.Attempts);
        await AnswerAsync(mesh, holder);
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task WaitInTheQueue_ComesOutOfTheTimeThatTheServerIsTold()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy =>
        {
            policy.Bulkhead.MaxConcurrency = 1;
            policy.Bulkhead.MaxQueue = 1;
        });
        var holder = mesh.SendAsync(VirtualMesh.Request("POST"));
        var waiter = mesh.SendAsync(VirtualMesh.Request("POST"));
        var held = await mesh.Transport.NextAsync();
        mesh.Advance(10_000);
        held.Respond(200);

        var exchange = await mesh.Transport.NextAsync();
        Assert.Equal("20000m", exchange.Request.MeshTimeout);
        exchange.Respond(200);
        await Task.WhenAll(holder, waiter).WithinHangLimit();
        await mesh.AssertIdleAsync();
    }

    private static async Task AnswerAsync(VirtualMesh mesh, params Task<HttpResponseMessage>[] calls)
    {
        foreach (var _ in calls)
        {
            (await mesh.Transport.NextAsync()).Respond(200);
        }

        foreach (var call in calls)
        {
            (await call.WithinHangLimit()).Dispose();
        }
    }
}
