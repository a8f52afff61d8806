using System.Diagnostics.Metrics;
using System.Net;
using System.Text.Json;
using MeshLib.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.AspNetCore.Tests.Deadlines;

/// <summary>What becomes of a request whose deadline passes (scenarios O09 and S34).</summary>
public class DeadlineEnforcementTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Request_WhenExpiredOnArrival_IsAnswered504AndNotServed()
    {
        var served = 0;
        await using var app = await TestApplication.StartAsync(context =>
        {
            served++;
            return Task.CompletedTask;
        });
        using var response = await app.GetAsync("mesh-timeout", "0m");

        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Equal(0, served);
        Assert.Equal(1, app.Counted("expired_on_arrival"));
    }

    [Fact]
    public async Task Request_WhenTheDeadlinePasses_IsCancelledAndAnswered504()
    {
        await using var app = await TestApplication.StartAsync(Hang);
        var call = app.GetAsync("mesh-timeout", "1S");
        await _entered.Task.WithinHangLimit();
        app.Time.Advance(Second / 2);
        Assert.False(call.IsCompleted);
        app.Time.Advance(Second / 2);

        using var response = await call.WithinHangLimit();
        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Equal(1, app.Counted("ended"));
    }

    [Fact]
    public async Task Answer_HoldsACodeAndAnIdentifierAndNothingElse()
    {
        await using var app = await TestApplication.StartAsync(context =>
        {
            context.Response.Headers["x-internal"] = "10.1.2.3";
            return Hang(context);
        });
        var call = app.GetAsync("mesh-timeout", "1S");
        await _entered.Task.WithinHangLimit();
        app.Time.Advance(Second);

        using var response = await call.WithinHangLimit();
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.False(response.Headers.Contains("x-internal"));
        using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancelled));
        Assert.Equal(["title", "status", "code", "traceId"], body.RootElement.EnumerateObject().Select(static property => property.Name));
        Assert.Equal("deadline_exceeded", body.RootElement.GetProperty("code").GetString());
    }

    [Fact]
    public async Task Request_WhenTheHandlerIgnoresTheDeadlineAndHasNotAnswered_IsAnswered504()
    {
        await using var app = await TestApplication.StartAsync(async context =>
        {
            _entered.SetResult();
            await _released.Task;
            context.Response.StatusCode = 201;
        });
        var call = app.GetAsync("mesh-timeout", "1S");
        await _entered.Task.WithinHangLimit();
        app.Time.Advance(Second);
        _released.SetResult();

        using var response = await call.WithinHangLimit();
        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
    }

    [Fact]
    public async Task Request_WhenTheHandlerIgnoresTheDeadlineAndAnswers_IsAnsweredAsItIs()
    {
        await using var app = await TestApplication.StartAsync(async context =>
        {
            _entered.SetResult();
            await _released.Task;
            await context.Response.WriteAsync("late", CancellationToken.None);
        });
        var call = app.GetAsync("mesh-timeout", "1S");
        await _entered.Task.WithinHangLimit();
        app.Time.Advance(Second);
        _released.SetResult();

        using var response = await call.WithinHangLimit();
        Assert.Equal("late", await response.Content.ReadAsStringAsync(Cancelled));
        await Eventually.EqualsAsync(1, () => app.Counted("late"));
    }

    [Fact]
    public async Task CallbackThatBlocks_DelaysNoOtherDeadline()
    {
        using var blocked = new ManualResetEventSlim();
        var entered = 0;
        var time = new FakeTimeProvider();
        await using var app = await TestApplication.StartAsync(time, static _ => { }, app => app.UseMesh().Run(async context =>
        {
            context.RequestAborted.Register(() => blocked.Wait(TimeSpan.FromSeconds(60)));
            Interlocked.Increment(ref entered);
            await Task.Delay(Second, time, CancellationToken.None);
        }));
        Task<HttpResponseMessage>[] calls = [app.GetAsync("mesh-timeout", "1S"), app.GetAsync("mesh-timeout", "1S")];
        await Eventually.EqualsAsync(2, () => Volatile.Read(ref entered));

        await Task.Run(() => app.Time.Advance(Second), Cancelled).WithinHangLimit(TimeSpan.FromSeconds(20));

        foreach (var call in calls)
        {
            using var response = await call.WithinHangLimit(TimeSpan.FromSeconds(20));
            Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        }

        blocked.Set();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Request_WhoseChildsBodyRunsIntoTheDeadline_IsAnswered504(bool streamed)
    {
        using var transport = new ScriptedTransport();
        var body = ScriptedBody.Of("begun").ThenStall();
        if (streamed)
        {
            body.WithoutLength();
        }

        transport.Answer(_ => ScriptedTransport.Response(200, body));
        await using var app = await TestApplication.StartAsync(
            new FakeTimeProvider(),
            services =>
            {
                services.AddMesh().AddEndpoints("next", "http://10.0.0.1");
                services.AddMeshClient("next").ConfigurePrimaryHttpMessageHandler(() => transport);
            },
            app => app.UseMesh().Run(async context =>
            {
                var client = context.RequestServices.GetRequiredService<IHttpClientFactory>().CreateClient("next");
                using var answer = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead, CancellationToken.None);
                _entered.TrySetResult();
                await answer.Content.ReadAsStringAsync(CancellationToken.None);
            }));
        var call = app.GetAsync("mesh-timeout", "1S");

        using var response = await app.Time.AdvanceUntilEndedAsync(call, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(30));

        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
    }

    [Fact]
    public async Task Request_WhenTheResponseHasBegun_IsCutOffAndNotTakenForWhole()
    {
        await using var app = await TestApplication.StartAsync(async context =>
        {
            await context.Response.WriteAsync("begun", CancellationToken.None);
            await context.Response.Body.FlushAsync(CancellationToken.None);
            await Hang(context);
        });
        using var response = await app.GetAsync("mesh-timeout", "1S");
        await _entered.Task.WithinHangLimit();
        app.Time.Advance(Second);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => response.Content.ReadAsStringAsync(Cancelled)).WithinHangLimit();
        Assert.Equal(1, app.Counted("late"));
    }

    [Fact]
    public async Task Request_WhenBytesWaitUnflushedInTheWriter_IsAnswered504AndNothingIsMixedIntoThem()
    {
        await using var app = await TestApplication.StartAsync(context =>
        {
            var begun = "begun"u8;
            begun.CopyTo(context.Response.BodyWriter.GetSpan(begun.Length));
            context.Response.BodyWriter.Advance(begun.Length);
            return Hang(context);
        });
        var call = app.GetAsync("mesh-timeout", "1S");
        await _entered.Task.WithinHangLimit();
        app.Time.Advance(Second);

        using var response = await call.WithinHangLimit();
        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Equal("begun", await response.Content.ReadAsStringAsync(Cancelled));
    }

    [Fact]
    public async Task Request_WhenItIsAHead_IsAnswered504WithoutABody()
    {
        await using var app = await TestApplication.StartAsync(Hang);
        using var request = new HttpRequestMessage(HttpMethod.Head, "/") { Headers = { { "mesh-timeout", "0m" } } };
        using var response = await app.Client.SendAsync(request, Cancelled);

        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(Cancelled));
    }

    [Fact]
    public async Task Request_WhenTheClientGoes_IsCancelledAndNotCountedAsADeadline()
    {
        var cancelled = new TaskCompletionSource<bool>();
        await using var app = await TestApplication.StartAsync(async context =>
        {
            try
            {
                await Hang(context);
            }
            catch (OperationCanceledException)
            {
                cancelled.SetResult(Deadline.Current!.IsExpired);
                throw;
            }
        });
        using var gone = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "mesh-timeout", "60S" } } };
        var call = app.Client.SendAsync(request, gone.Token);
        await _entered.Task.WithinHangLimit();
        await gone.CancelAsync();

        Assert.False(await cancelled.Task.WithinHangLimit());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal(0, app.Counted("ended") + app.Counted("late"));
    }

    [Fact]
    public async Task Request_WhenTheHandlerFailsInTime_FailsAsWithoutTheMesh()
    {
        await using var app = await TestApplication.StartAsync(static _ => throw new OperationCanceledException("the handler's own"));
        using var response = await app.GetAsync("mesh-timeout", "1S");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal(0, app.Counted("ended"));
    }

    [Fact]
    public async Task Request_WhenTheHandlerWrapsTheCancellationOfTheDeadline_IsAnswered504AndTheFaultIsLogged()
    {
        await using var app = await TestApplication.StartAsync(async context =>
        {
            try
            {
                await Hang(context);
            }
            catch (OperationCanceledException cancelled)
            {
                throw new InvalidOperationException("as a database driver does", cancelled);
            }
        });
        var call = app.GetAsync("mesh-timeout", "1S");
        await _entered.Task.WithinHangLimit();
        app.Time.Advance(Second);

        using var response = await call.WithinHangLimit();
        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Equal(1, app.Counted("ended"));
        var log = Assert.Single(app.Logs.WithEvent(602));
        Assert.Equal((LogLevel.Warning, "as a database driver does"), (log.Level, log.Exception?.Message));
    }

    [Fact]
    public async Task Request_WhenItEndsCancelledAtTheDeadline_IsNoFaultToLog()
    {
        await using var app = await TestApplication.StartAsync(Hang);
        var call = app.GetAsync("mesh-timeout", "1S");
        await _entered.Task.WithinHangLimit();
        app.Time.Advance(Second);

        using var response = await call.WithinHangLimit();
        Assert.Empty(app.Logs.WithEvent(602));
    }

    [Fact]
    public async Task Metrics_WhenAListenerThrows_CostNoRequest()
    {
        await using var app = await TestApplication.StartAsync(Hang);
        var factory = app.Services.GetRequiredService<IMeterFactory>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, factory) && instrument.Meter.Name == "MeshLib")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>(static (_, _, _, _) => throw new InvalidOperationException("A listener's own fault."));
        listener.Start();
        var call = app.GetAsync("mesh-timeout", "1S");
        await _entered.Task.WithinHangLimit();
        app.Time.Advance(Second);

        using var ended = await call.WithinHangLimit();
        using var expired = await app.GetAsync("mesh-timeout", "0m");
        Assert.Equal((HttpStatusCode.GatewayTimeout, HttpStatusCode.GatewayTimeout), (ended.StatusCode, expired.StatusCode));
        Assert.Equal("A listener's own fault.", Assert.Single(app.Logs.WithEvent(520)).Exception?.Message);
    }

    [Fact]
    public async Task Request_WhenServedInTime_LeavesTheServersTokenAndNoDeadlineBehind()
    {
        CancellationToken before = default, inside = default, after = default;
        Deadline? left = null;
        await using var app = await TestApplication.StartAsync(
            new FakeTimeProvider(),
            static _ => { },
            pipeline =>
            {
                pipeline.Use(next => async context =>
                {
                    before = context.RequestAborted;
                    await next(context);
                    after = context.RequestAborted;
                    left = Deadline.Current;
                    _released.SetResult();
                });
                pipeline.UseMesh().Run(context =>
                {
                    inside = context.RequestAborted;
                    return Task.CompletedTask;
                });
            });
        using var response = await app.GetAsync("mesh-timeout", "1S");
        await _released.Task.WithinHangLimit();
        app.Time.Advance(Second * 5);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(before, after);
        Assert.NotEqual(before, inside);
        Assert.Null(left);
        Assert.False(inside.IsCancellationRequested);
    }

    [Fact]
    public async Task Token_WhenAHandlerKeepsIt_IsNotCancelledByTheDeadlineOfAnotherRequest()
    {
        CancellationToken kept = default;
        var requests = 0;
        await using var app = await TestApplication.StartAsync(context =>
        {
            if (Interlocked.Increment(ref requests) > 1)
            {
                return Hang(context);
            }

            kept = context.RequestAborted;
            return Task.CompletedTask;
        });
        using var first = await app.GetAsync("mesh-timeout", "1S");
        var second = app.GetAsync("mesh-timeout", "1S");
        await _entered.Task.WithinHangLimit();
        app.Time.Advance(Second);

        using var answer = await second.WithinHangLimit();
        Assert.Equal(HttpStatusCode.GatewayTimeout, answer.StatusCode);
        Assert.False(kept.IsCancellationRequested);
    }

    [Fact]
    public async Task Observe_CountsAndChangesNothing()
    {
        Deadline? ambient = null;
        await using var app = await TestApplication.StartAsync(
            async context =>
            {
                ambient = Deadline.Current;
                _entered.TrySetResult();
                await _released.Task;
                Assert.False(context.RequestAborted.IsCancellationRequested);
            },
            ("Mesh:Server:Deadline", "Observe"));
        var call = app.GetAsync("mesh-timeout", "1S");
        await _entered.Task.WithinHangLimit();
        app.Time.Advance(Second);
        _released.SetResult();

        using var response = await call.WithinHangLimit();
        using var late = await app.GetAsync("mesh-timeout", "0m");
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (response.StatusCode, late.StatusCode));
        Assert.Null(ambient);
        Assert.Equal((1, 1), (app.Counted("ended"), app.Counted("expired_on_arrival")));
    }

    [Fact]
    public async Task Off_WhenSwitchedWhileRunning_LetsRequestsThroughFromThenOn()
    {
        await using var app = await TestApplication.StartAsync(static _ => Task.CompletedTask, ("Mesh:Server:Deadline", "Enforce"));
        using var before = await app.GetAsync("mesh-timeout", "0m");
        Configure(app, "Off");
        using var after = await app.GetAsync("mesh-timeout", "0m");

        Assert.Equal((HttpStatusCode.GatewayTimeout, HttpStatusCode.OK), (before.StatusCode, after.StatusCode));
    }

    [Fact]
    public async Task Reload_WhenItHoldsAMistake_KeepsTheLastGoodSettingsAndSaysSo()
    {
        await using var app = await TestApplication.StartAsync(static _ => Task.CompletedTask, ("Mesh:Server:Deadline", "Off"));
        Configure(app, "Of");
        using var response = await app.GetAsync("mesh-timeout", "0m");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("Mesh:Server:Deadline = Of is not one of the names; allowed is Enforce, Observe, Off.", Assert.Single(app.Logs.WithEvent(600)).Message, StringComparison.Ordinal);
    }

    private static void Configure(TestApplication app, string mode)
    {
        var configuration = (IConfigurationRoot)app.Services.GetRequiredService<IConfiguration>();
        configuration["Mesh:Server:Deadline"] = mode;
        configuration.Reload();
    }

    private Task Hang(HttpContext context)
    {
        _entered.TrySetResult();
        return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
    }
}
