using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text.Json.Nodes;
using MeshLib.TestKit;
using Microsoft.Extensions.Time.Testing;
using static MeshLib.Consul.Tests.TestConsul;

namespace MeshLib.Consul.Tests;

/// <summary>The watch loop on virtual time.</summary>
public class ServiceWatchTests
{
    private static readonly string One = Rows(Row("a", 8080));
    private static readonly string Two = Rows(Row("a", 8080), Row("b", 8081));

    [Fact]
    public void Watch_WhenAnswered_BlocksOnTheIndexOfTheAnswer()
    {
        using var watch = new VirtualWatch((request, token) => request.Index == 0
            ? Task.FromResult(ScriptedConsulHandler.Json(One, 42))
            : ScriptedConsulHandler.HangAsync(token));

        Assert.Equal(["a"], watch.Ids);
        Assert.Equal("/v1/health/service/orders", watch.Consul.Requests[0].Target);
        Assert.Equal("/v1/health/service/orders?index=42&wait=55s", watch.Consul.Requests[1].Target);
        Assert.Equal(TimeSpan.Zero, watch.Watch.StaleFor);
        Assert.Null(watch.Watch.Problem);
    }

    [Fact]
    [Trait("Scenario", "D05")]
    public void Watch_WhenTheIndexGoesBack_AsksWithoutIndexBeforeItBlocksAgain()
    {
        var index = 100ul;
        using var watch = new VirtualWatch(request => ScriptedConsulHandler.Json(One, request.Index switch
        {
            0 => index,
            _ => index = 7,
        }));
        watch.Advance(1);

        Assert.Equal([0, 100, 0, 7], watch.Consul.Requests.Select(request => (int)request.Index).Take(4));
    }

    [Fact]
    [Trait("Scenario", "D05")]
    public void Watch_AfterAnyError_AsksWithoutIndexAndIgnoresTheIndexOfTheError()
    {
        var failed = false;
        using var watch = new VirtualWatch((request, token) =>
        {
            if (request.Index == 100)
            {
                failed = true;
                return Task.FromResult(ScriptedConsulHandler.Error(500, "rpc error making call: EOF"));
            }

            return failed && request.Index != 0 ? ScriptedConsulHandler.HangAsync(token) : Task.FromResult(ScriptedConsulHandler.Json(failed ? Two : One, failed ? 12ul : 100ul));
        });
        watch.Advance(2);

        Assert.Equal([0, 100, 0, 12], watch.Consul.Requests.Select(request => (int)request.Index));
        Assert.True(watch.RequestTimes[2] <= 0.12, "The first retry is quick.");
        Assert.Equal(["a", "b"], watch.Ids);
    }

    [Theory]
    [Trait("Scenario", "D06")]
    [InlineData(null)]
    [InlineData("0")]
    [InlineData("junk")]
    [InlineData("-1")]
    [InlineData("99999999999999999999999999")]
    [InlineData("1")]
    [InlineData("")]
    public void Watch_WithoutAUsableIndex_AsksAtMostOnceASecond(string? index)
    {
        using var watch = new VirtualWatch(_ => ScriptedConsulHandler.Json(Two, index));
        watch.Advance(30);

        Assert.Equal(["a", "b"], watch.Ids);
        Assert.InRange(watch.RequestTimes.Count, 29, 31);
        Assert.Equal(1, watch.Logs.Count(2009));
    }

    [Fact]
    [Trait("Scenario", "D07")]
    public void Watch_OnAServerThatNeverBlocks_AsksAtMostTwiceASecondOverHalfAMinute()
    {
        using var watch = new VirtualWatch(_ => ScriptedConsulHandler.Json(One, 42));
        watch.Advance(30);

        Assert.InRange(watch.RequestTimes.Count, 30, 60);
    }

    [Fact]
    public void Watch_OnABurstOfChanges_FollowsTheFirstOnesAsTheyHappen()
    {
        var index = 10ul;
        TaskCompletionSource<HttpResponseMessage>? blocked = null;
        using var watch = new VirtualWatch((request, token) =>
        {
            var waiting = blocked = new TaskCompletionSource<HttpResponseMessage>();
            token.Register(() => waiting.TrySetCanceled(token));
            return request.Index == 0 ? Task.FromResult(ScriptedConsulHandler.Json(One, index)) : blocked.Task;
        });

        for (var port = 1; port <= 8; port++)
        {
            blocked!.SetResult(ScriptedConsulHandler.Json(Rows(Row("a", 9000 + port)), ++index));
            Assert.Equal(9000 + port, watch.Watch.Published!.Snapshot.Instances[0].Port);
        }
    }

    [Theory]
    [Trait("Scenario", "D12")]
    [InlineData(500, "No cluster leader")]
    [InlineData(503, "unavailable")]
    [InlineData(404, "not found")]
    [InlineData(400, "Invalid index")]
    [InlineData(403, "ACL not found")]
    [InlineData(401, "who?")]
    [InlineData(429, "slow down")]
    public void Watch_OnAnErrorStatus_KeepsTheLastListAndAsksSeldom(int status, string text)
    {
        var broken = false;
        using var watch = new VirtualWatch(request => broken
            ? ScriptedConsulHandler.Error(status, text)
            : ScriptedConsulHandler.Json(Two, (ulong)(request.Index == 0 ? 50 : 51)));
        watch.Advance(20);
        broken = true;
        var before = watch.RequestTimes.Count;
        watch.Advance(60);

        Assert.Equal(["a", "b"], watch.Ids);
        Assert.InRange(watch.RequestTimes.Count - before, 1, 30);
        Assert.InRange(watch.Watch.StaleFor.TotalSeconds, 58, 60);
        Assert.Contains(text, watch.Watch.Problem, StringComparison.Ordinal);
        Assert.Equal(1, watch.Logs.Count(2002));

        broken = false;
        watch.Advance(70);
        Assert.Equal(TimeSpan.Zero, watch.Watch.StaleFor);
        Assert.Equal(1, watch.Logs.Count(2003));
    }

    [Fact]
    [Trait("Scenario", "D12")]
    public void Watch_WhenDenied_SaysSoOnceAMinuteAndAsksTwice()
    {
        using var watch = new VirtualWatch(_ => ScriptedConsulHandler.Error(403, "ACL not found"));
        watch.Advance(300);

        Assert.InRange(watch.RequestTimes.Count, 8, 13);
        Assert.InRange(watch.Logs.Count(2004), 3, 5);
    }

    [Theory]
    [Trait("Scenario", "D12")]
    [InlineData("20", 20)]
    [InlineData("3600", 60)]
    public void Watch_WhenRateLimited_WaitsAsLongAsAskedButNotLongerThanAMinute(string retryAfter, int seconds)
    {
        using var watch = new VirtualWatch(_ => ScriptedConsulHandler.Error(429, "rate limit", ("Retry-After", retryAfter)));
        watch.Advance(190);

        Assert.All(watch.RequestTimes.Zip(watch.RequestTimes.Skip(1), (first, second) => second - first), gap => Assert.InRange(gap, seconds - 0.01, (seconds * 1.1) + 0.05));
    }

    [Fact]
    [Trait("Scenario", "D04")]
    public void Watch_WhenTheAgentIsAway_AsksAtMostOnceASecondOnAverageAndIsFreshWithinSixSeconds()
    {
        var away = true;
        using var watch = new VirtualWatch((request, token) => away
            ? throw new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused")
            : request.Index == 0 ? Task.FromResult(ScriptedConsulHandler.Json(One, 42)) : ScriptedConsulHandler.HangAsync(token));
        watch.Advance(30);

        Assert.InRange(watch.RequestTimes.Count, 8, 30);
        away = false;
        watch.Advance(6);
        Assert.Equal(TimeSpan.Zero, watch.Watch.StaleFor);
        Assert.Equal(["a"], watch.Ids);
    }

    [Fact]
    [Trait("Scenario", "D02")]
    public void Watch_WhenTheQuorumIsLost_IsStaleSinceTheLastProofOfALeader()
    {
        var time = new FakeTimeProvider();
        var lost = false;
        using var watch = new VirtualWatch(async (request, token) =>
        {
            // As Consul does: what blocks runs out and is answered as if nothing were wrong, and what comes afterwards is held and then refused.
            var leaderless = lost;
            await Task.Delay(leaderless ? TimeSpan.FromSeconds(7) : request.Index > 0 ? WaitOf(request) : TimeSpan.Zero, time, token).ConfigureAwait(false);
            return leaderless ? ScriptedConsulHandler.Error(500, "No cluster leader") : ScriptedConsulHandler.Json(One, 42);
        }, time: time);
        watch.Advance(1);
        lost = true;
        watch.Advance(60);
        Assert.Equal(TimeSpan.Zero, watch.Watch.StaleFor);
        watch.Advance(2);
        Assert.InRange(watch.Watch.StaleFor.TotalSeconds, 62, 63.1);
        watch.Advance(60);
        Assert.InRange(watch.Watch.StaleFor.TotalSeconds, 122, 123.1);
        Assert.Equal(["a"], watch.Ids);

        lost = false;
        watch.Advance(10);
        Assert.Equal(TimeSpan.Zero, watch.Watch.StaleFor);
    }

    [Fact]
    [Trait("Scenario", "D08")]
    public void Watch_WhenABlockedAnswerNeverComes_GivesItUpByItsOwnTimer()
    {
        var hangs = true;
        var answered = 0;
        using var watch = new VirtualWatch((request, token) => request.Index == 0 && !(answered++ > 0 && hangs)
            ? Task.FromResult(ScriptedConsulHandler.Json(One, 42))
            : ScriptedConsulHandler.HangAsync(token));
        var limit = (55 * 17 / 16.0) + 10;
        watch.Advance(limit - 0.1);
        Assert.Equal(2, watch.RequestTimes.Count);
        Assert.Equal(TimeSpan.Zero, watch.Watch.StaleFor);

        // The connection has been dead all the time, so the list may have been old all the time.
        watch.Advance(0.3);
        Assert.Equal(3, watch.RequestTimes.Count);
        Assert.InRange(watch.Watch.StaleFor.TotalSeconds, limit - 1, limit + 1);
        Assert.Equal(["a"], watch.Ids);

        // A read that hangs is given up after 10 s.
        watch.Advance(10.5);
        hangs = false;
        Assert.Equal(4, watch.RequestTimes.Count);
        watch.Advance(15);
        Assert.Equal(TimeSpan.Zero, watch.Watch.StaleFor);
    }

    [Fact]
    public void Watch_WhenBlockedReadsAreCutAfterHalfAMinute_WaitsLessWithoutCallingThatAFault()
    {
        var time = new FakeTimeProvider();
        using var watch = new VirtualWatch(async (request, token) =>
        {
            if (request.Index == 0)
            {
                return ScriptedConsulHandler.Json(One, 42);
            }

            var wait = request.Query["wait"] == "20s" ? 20 : 30;
            await Task.Delay(TimeSpan.FromSeconds(wait), time, token).ConfigureAwait(false);
            return wait == 20 ? ScriptedConsulHandler.Json(One, 42) : throw new HttpRequestException(HttpRequestError.ResponseEnded, "The response ended prematurely.");
        }, time: time);
        watch.Advance(62);
        Assert.Equal(["55s", "55s", "20s"], watch.Consul.Requests.Where(request => request.Index > 0).Select(request => request.Query["wait"]));
        watch.Advance(60);

        Assert.Equal(TimeSpan.Zero, watch.Watch.StaleFor);
        Assert.Equal(0, watch.Logs.Count(2002));
        Assert.Equal(1, watch.Logs.Count(2011));
    }

    [Fact]
    [Trait("Scenario", "D13")]
    public void Watch_WhenTheListIsSuddenlyEmpty_KeepsTheLastOneForTheGraceTime()
    {
        var body = Two;
        using var watch = Blocking(() => (body, 42));
        using var metrics = new MeterRecorder(watch.Meters);
        body = "[]";
        watch.Advance(60);
        Assert.Equal(["a", "b"], watch.Ids);
        Assert.Equal(1, metrics.Sum("mesh.discovery.errors", ("service", "orders"), ("reason", "empty")));
        Assert.Contains("no instance", watch.Watch.Problem, StringComparison.Ordinal);

        watch.Advance(31);
        Assert.Empty(watch.Ids);
        Assert.Equal(TimeSpan.Zero, watch.Watch.StaleFor);
        Assert.Equal((1, 1), (watch.Logs.Count(2005), watch.Logs.Count(2006)));
        Assert.Single(metrics.Measurements);
    }

    [Fact]
    [Trait("Scenario", "D13")]
    public void Watch_WhenAnEmptyListWasAnError_NeverMixesOldAndNew()
    {
        var body = Two;
        using var watch = Blocking(() => (body, 42));
        body = "[]";
        watch.Advance(60);
        body = Rows(Row("c", 8082));
        watch.Advance(30);

        Assert.Equal(["c"], watch.Ids);
        Assert.Equal(TimeSpan.Zero, watch.Watch.StaleFor);
        Assert.Equal(0, watch.Logs.Count(2006));
    }

    [Fact]
    [Trait("Scenario", "D13")]
    public void Watch_WhenTheIndexWentBackToo_KeepsTheLastListFourTimesAsLong()
    {
        var answer = (Two, 42ul);
        using var watch = Blocking(() => answer);
        answer = ("[]", 7);
        watch.Advance(55 + 110);
        Assert.Equal(["a", "b"], watch.Ids);

        watch.Advance(15);
        Assert.Empty(watch.Ids);
    }

    [Fact]
    [Trait("Scenario", "D13")]
    public void Watch_OfAServiceThatScalesToZero_BelievesAnEmptyListAtOnce()
    {
        var body = Two;
        using var watch = Blocking(() => (body, 42), options => options.ScaleToZero.Add("Orders"));
        body = "[]";
        watch.Advance(56);

        Assert.Empty(watch.Ids);
    }

    [Fact]
    public void Watch_WhenAllInstancesAreInMaintenance_BelievesItAtOnce()
    {
        var row = Row("a", 8080);
        row["Checks"]!.AsArray().Add(new JsonObject { ["CheckID"] = "_service_maintenance:a", ["Status"] = "critical" });
        var body = One;
        using var watch = Blocking(() => (body, 42));
        body = Rows(row);
        watch.Advance(56);

        Assert.Empty(watch.Ids);
        Assert.Null(watch.Watch.Problem);
    }

    [Fact]
    public void Watch_WhenTheCacheAnswersWithoutServers_TakesTheListAndSaysHowOldItIs()
    {
        using var watch = new VirtualWatch(
            request => request.Index == 0
                ? ScriptedConsulHandler.Json(One, 42, ("X-Cache", "HIT"), ("Age", "40"))
                : ScriptedConsulHandler.Error(500, "rpc error making call: EOF"),
            options => options.ReadMode = ConsulReadMode.Cached);
        watch.Advance(30);

        Assert.Equal(["a"], watch.Ids);
        Assert.All(watch.Consul.Requests, request => Assert.Equal("/v1/health/service/orders?cached", request.Target));
        Assert.InRange(watch.RequestTimes.Count, 5, 30);
        Assert.InRange(watch.Watch.StaleFor.TotalSeconds, 69, 71);
        Assert.Equal(1, watch.Logs.Count(2002));
    }

    [Fact]
    public void Watch_WhenAServerHasLostItsLeader_TakesItsStaleListAndSaysHowOldItIs()
    {
        using var watch = new VirtualWatch(
            request => request.Index == 0
                ? ScriptedConsulHandler.Json(One, 42, ("X-Consul-KnownLeader", "false"), ("X-Consul-LastContact", "40000"))
                : ScriptedConsulHandler.Error(500, "No cluster leader"),
            options => options.ReadMode = ConsulReadMode.Stale);
        watch.Advance(30);

        Assert.Equal(["a"], watch.Ids);
        Assert.All(watch.Consul.Requests, request => Assert.Equal("/v1/health/service/orders?stale", request.Target));
        Assert.InRange(watch.RequestTimes.Count, 5, 30);
        Assert.InRange(watch.Watch.StaleFor.TotalSeconds, 69, 71);
        Assert.Contains("not been heard for 40 s", watch.Watch.Problem, StringComparison.Ordinal);
        Assert.Equal(1, watch.Logs.Count(2002));
    }

    [Fact]
    public void Watch_WhenAStaleListIsAsOldAsAHeartbeatOfTheServers_IsFreshAndBlocks()
    {
        using var watch = new VirtualWatch(
            (request, token) => request.Index > 0
                ? ScriptedConsulHandler.HangAsync(token)
                : Task.FromResult(ScriptedConsulHandler.Json(One, 42, ("X-Consul-KnownLeader", "true"), ("X-Consul-LastContact", "400"))),
            options => options.ReadMode = ConsulReadMode.Stale);
        watch.Advance(5);

        Assert.Equal((TimeSpan.Zero, 2), (watch.Watch.StaleFor, watch.Consul.Requests.Count));
    }

    [Fact]
    public void Watch_WhenAMetricsListenerThrows_GoesOn()
    {
        var broken = false;
        using var watch = new VirtualWatch(_ => broken ? ScriptedConsulHandler.Error(500, "broken") : ScriptedConsulHandler.Json(One, 42));
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, watch.Meters))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>(static (_, _, _, _) => throw new InvalidOperationException("A listener's own fault."));
        listener.Start();
        broken = true;
        watch.Advance(20);
        Assert.True(watch.Watch.StaleFor > TimeSpan.Zero);

        broken = false;
        watch.Advance(20);
        Assert.Equal((TimeSpan.Zero, 0), (watch.Watch.StaleFor, watch.Logs.Count(2013)));
    }

    [Fact]
    [Trait("Scenario", "D10")]
    public void Watch_AfterAWrongAnswer_TakesTheNextGoodOneWithinTwoSeconds()
    {
        var body = One;
        using var watch = new VirtualWatch((request, token) => request.Index > 0 && body == Two
            ? ScriptedConsulHandler.HangAsync(token)
            : Task.FromResult(ScriptedConsulHandler.Json(body, 42)));
        body = "{\"error\":1}";
        watch.Advance(40);
        Assert.Equal(["a"], watch.Ids);

        body = Two;
        watch.Advance(2);
        Assert.Equal(["a", "b"], watch.Ids);
    }

    [Fact]
    [Trait("Scenario", "D19")]
    public void Watch_OfBadRows_TellsThemOnceAndNotWithEachAnswer()
    {
        using var watch = new VirtualWatch(_ => ScriptedConsulHandler.Json(Rows(Row("a", 8080), Row("b", 0), Row("c", 1, address: "169.254.169.254")), 42));
        watch.Advance(20);

        Assert.Equal(["a"], watch.Ids);
        Assert.Single(watch.Logs.Entries, entry => entry.Id == 2007 && entry.Text.Contains("refused_address 1, invalid_port 1", StringComparison.Ordinal));
    }

    /// <summary>Consul as it is: a plain read is answered at once, a blocking one when its wait is over.</summary>
    private static VirtualWatch Blocking(Func<(string Body, ulong Index)> answer, Action<ConsulOptions>? configure = null)
    {
        var time = new FakeTimeProvider();
        return new VirtualWatch(async (request, token) =>
        {
            if (request.Index > 0)
            {
                await Task.Delay(WaitOf(request), time, token).ConfigureAwait(false);
            }

            var (body, index) = answer();
            return ScriptedConsulHandler.Json(body, index);
        }, configure, time);
    }

    private static TimeSpan WaitOf(ScriptedConsulRequest request)
    {
        var text = request.Query["wait"];
        var number = double.Parse(text.TrimEnd('m', 's'), CultureInfo.InvariantCulture);
        return text.EndsWith("ms", StringComparison.Ordinal) ? TimeSpan.FromMilliseconds(number) : TimeSpan.FromSeconds(number);
    }
}
