using System.Globalization;
using MeshLib.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.AspNetCore.Tests.Deadlines;

/// <summary>Which deadline a request has (scenarios S01 and L11).</summary>
public class DeadlineIntakeTests
{
    private static readonly RequestDelegate Remaining = context =>
        context.Response.WriteAsync(Deadline.Current?.Remaining.TotalMilliseconds.ToString(CultureInfo.InvariantCulture) ?? "none");

    [Theory]
    [InlineData("mesh-timeout", "250m", "250")]
    [InlineData("grpc-timeout", "2S", "2000")]
    [InlineData("x-envoy-expected-rq-timeout-ms", "1500", "1500")]
    public async Task Deadline_WhenAHeaderTellsIt_IsAmbient(string header, string value, string expected)
    {
        await using var app = await TestApplication.StartAsync(Remaining);
        using var response = await app.GetAsync(header, value);

        Assert.Equal(expected, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Deadline_WhenSeveralHeadersTellIt_IsTheEarliest()
    {
        await using var app = await TestApplication.StartAsync(Remaining);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.TryAddWithoutValidation("mesh-timeout", "3S");
        request.Headers.TryAddWithoutValidation("grpc-timeout", "700m");
        request.Headers.TryAddWithoutValidation("x-envoy-expected-rq-timeout-ms", "900");
        using var response = await app.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal("700", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("mesh-timeout", "999999999")]
    [InlineData("mesh-timeout", "-1")]
    [InlineData("mesh-timeout", "-1S")]
    [InlineData("mesh-timeout", "junk")]
    [InlineData("mesh-timeout", "1S,2S")]
    [InlineData("mesh-timeout", "1S", "2S")]
    [InlineData("grpc-timeout", "1s")]
    [InlineData("x-envoy-expected-rq-timeout-ms", "0")]
    [InlineData("x-envoy-expected-rq-timeout-ms", "1e9")]
    public async Task Deadline_WhenTheHeaderIsJunkOrThereTwice_IsIgnoredAndCounted(string header, params string[] values)
    {
        await using var app = await TestApplication.StartAsync(Remaining);
        using var response = await app.GetAsync(header, values);

        Assert.Equal("none", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(1, app.Counted("ignored_header"));
    }

    [Theory]
    [InlineData("99999999H")]
    [InlineData("999999999")]
    [InlineData("-1")]
    [InlineData("")]
    [InlineData("31S")]
    public async Task Deadline_WhateverTheHeaderSays_IsAtMostTheServersOwnMaximum(string value)
    {
        await using var app = await TestApplication.StartAsync(Remaining, ("Mesh:Server:MaxDeadline", "00:00:30"));
        using var response = await app.GetAsync("mesh-timeout", value);

        Assert.Equal("30000", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Deadline_WhenNoHeaderTellsIt_IsTheServersOwnMaximumOrNone()
    {
        await using var limited = await TestApplication.StartAsync(Remaining, ("Mesh:Server:MaxDeadline", "00:00:30"));
        await using var unlimited = await TestApplication.StartAsync(Remaining);

        Assert.Equal("30000", await limited.Client.GetStringAsync("/", TestContext.Current.CancellationToken));
        Assert.Equal("none", await unlimited.Client.GetStringAsync("/", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Deadline_WhenAnEarlierOneIsAmbient_IsNotExtended()
    {
        var time = new FakeTimeProvider();
        await using var app = await TestApplication.StartAsync(
            time,
            static _ => { },
            pipeline =>
            {
                pipeline.Use(next => async context =>
                {
                    using (Deadline.Begin(TimeSpan.FromMilliseconds(100), time))
                    {
                        await next(context);
                    }
                });
                pipeline.UseMesh().Run(Remaining);
            });
        using var response = await app.GetAsync("mesh-timeout", "5S");

        Assert.Equal("100", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Deadline_WhenTheRequestHasEnded_IsNotThatOfTheNextOne()
    {
        await using var app = await TestApplication.StartAsync(Remaining);
        using var first = await app.GetAsync("mesh-timeout", "250m");
        Assert.Equal("250", await first.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

        Assert.Equal("none", await app.Client.GetStringAsync("/", TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task Deadline_WhenTheWallClockJumps_DoesNotMove(int hours)
    {
        var time = new JumpingTimeProvider();
        var entered = new TaskCompletionSource();
        await using var app = await TestApplication.StartAsync(
            time,
            static _ => { },
            app => app.UseMesh().Run(async context =>
            {
                entered.SetResult();
                await Task.Delay(TimeSpan.FromSeconds(4), time, context.RequestAborted);
                await Remaining(context);
            }));
        var call = app.GetAsync("mesh-timeout", "10S");
        await entered.Task.WithinHangLimit();
        time.Jump(TimeSpan.FromHours(hours));

        using var response = await time.AdvanceUntilEndedAsync(call, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(9));
        var left = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.InRange(double.Parse(left, CultureInfo.InvariantCulture), 1000, 6000);
    }

    private sealed class JumpingTimeProvider : FakeTimeProvider
    {
        private TimeSpan _jumped;

        public void Jump(TimeSpan by) => _jumped += by;

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _jumped;

        // The base class derives it from the wall clock.
        public override long GetTimestamp() => base.GetTimestamp() - _jumped.Ticks;
    }
}
