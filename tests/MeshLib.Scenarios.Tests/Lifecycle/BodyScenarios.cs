using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Scenarios.Tests.Lifecycle;

/// <summary>Bodies that are forgotten, consumed, large or slow.</summary>
public class BodyScenarios
{
    // What is forgotten comes back with a sweep, up to a second later: few rounds with many responses say the same as many rounds with few, in minutes less.
    private static readonly int s_permits = ScenarioLength.Of(8, 500);

    [Fact]
    public async Task L12_WhenCallersForgetTheirResponses_ThePermitsComeBack()
    {
        await using var fleet = new Fleet(1, Faults.Chunked(TimeSpan.Zero, "never ", "read"));
        var limit = s_permits.ToString(CultureInfo.InvariantCulture);
        await using var run = new ScenarioRun(fleet.Addresses, new ScenarioSettings { More = { ["Bulkhead:MaxConcurrency"] = limit, ["Bulkhead:MaxStreams"] = limit } });
        for (var round = 0; round < 20; round++)
        {
            await ForgetResponsesAsync(run.Client);
            await Eventually.BecomesTrueAfterCollectionAsync(() => run.ActiveRequests == 0);
        }

        Assert.True((await run.GetAsync()).Succeeded);
        await run.AssertInvariantsAsync(fleet.Counts);
    }

    [Theory]
    [InlineData(10_000, true, 2)]
    [InlineData(10_000, false, 1)]
    [InlineData(10_000_000, true, 1)]
    public async Task L13_WhenAStreamIsSent_ItIsRepeatedWholeOrNotAtAll(int bytes, bool lengthKnown, int attempts)
    {
        await using var fleet = new Fleet(1, Faults.Sequence(Faults.Status(503), Faults.Ok));
        await using var run = new ScenarioRun(fleet.Addresses, ScenarioSettings.Unhurried);
        var source = new OneWayStream(bytes);
        using var request = new HttpRequestMessage(HttpMethod.Put, "/") { Content = new StreamContent(source) };
        request.Content.Headers.ContentLength = lengthKnown ? bytes : null;
        request.AllowMeshRetry(true);

        var call = await run.SendAsync(request);

        Assert.Equal(attempts == 1 ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.OK, call.Status);
        Assert.Equal(attempts, fleet.Requests);
        Assert.All(fleet[0].Counts.Received, received => Assert.Equal(bytes, received.BodyLength));
        Assert.Equal(bytes, source.BytesRead);
        await run.AssertInvariantsAsync(fleet.Counts, attempts);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SynchronousCall_ThatIsCutOffInItsBody_LeavesNothingForTheNextOneToStumbleOver(bool lengthKnown)
    {
        // The rest of the body arrives after the cut: whoever is left with the connection would take it for an answer.
        var pause = TimeSpan.FromMilliseconds(400);
        var slow = lengthKnown ? Faults.SlowBody(pause, pieces: 3) : Faults.Chunked(pause, "a", "b", "c");
        await using var fleet = new Fleet(1);
        await using var run = new ScenarioRun(fleet.Addresses, ScenarioSettings.Unhurried);
        for (var round = 0; round < 3; round++)
        {
            fleet.Fault = slow;
            await Assert.ThrowsAnyAsync<Exception>(() => Task.Run(() => ReadSynchronously(run.Client, TimeSpan.FromMilliseconds(200))).WithinHangLimit());
            fleet.Fault = Faults.Ok;
            Assert.Equal("ok", await Task.Run(() => ReadSynchronously(run.Client, ScenarioSettings.Unhurried.Timeout)).WithinHangLimit());
        }

        Assert.Equal(4, fleet[0].Counts.Connections);
        await run.AssertInvariantsAsync(fleet.Counts);
    }

    [Fact]
    public async Task L14_WhenDiscardedAnswersAreLarge_TheirConnectionsAreGivenBackBeforeTheNextAttempt()
    {
        await using var fleet = new Fleet(1, Faults.Sometimes(0.3, Faults.BigBody()));
        await using var run = new ScenarioRun(fleet.Addresses, new ScenarioSettings
        {
            More = { ["Retry:Budget:Ratio"] = "1", ["CircuitBreaker:ConsecutiveFailures"] = "100", ["CircuitBreaker:FailureRatio"] = "1" },
            Client = client => client.UseSocketsHttpHandler((handler, _) => handler.MaxConnectionsPerServer = 2),
        });

        var pairs = ScenarioLength.Of(50, 500);
        for (var pair = 0; pair < pairs; pair++)
        {
            await Task.WhenAll(run.GetAsync(), run.GetAsync());
        }

        // The client has two at a time; of each the server may hear of the next before it has heard of its end.
        Assert.InRange(fleet[0].Counts.MaxOpenConnections, 1, 4);
        await Eventually.BecomesTrueAsync(() => fleet[0].Counts.OpenConnections <= 2);
        Assert.DoesNotContain(run.Calls, call => call.Error is not null);
        Assert.InRange(fleet.Requests, (2 * pairs) + 1, 6 * pairs);
        await run.AssertInvariantsAsync(fleet.Counts);
    }

    [Fact]
    public async Task L14_WhenAnAnswerIsDiscarded_ItIsDisposedBeforeTheNextAttemptIsSent()
    {
        using var transport = new ScriptedTransport();
        await using var run = new ScenarioRun([new Uri("http://127.0.0.1:1"), new Uri("http://127.0.0.1:2")], new ScenarioSettings { Client = client => client.UseTransport(transport) });

        var call = run.GetAsync();
        var discarded = (await transport.NextAsync()).Respond(503, ScriptedBody.Of(new byte[1024 * 1024]).ThenStall());
        var second = await transport.NextAsync();

        Assert.True(discarded.IsDisposed);
        second.Respond(200);
        Assert.True((await call).Succeeded);
        await run.AssertInvariantsAsync([]);
    }

    [Fact]
    public async Task R07_WhenABodyIsReadAfterTheCall_NoTimeoutThatHasDoneItsDutyCutsIt()
    {
        const int pieces = 32;
        const int pieceLength = 32 * 1024;
        await using var fleet = new Fleet(1);
        await using var run = new ScenarioRun(fleet.Addresses);

        // 1 MiB in more than 2 s of the mesh's own time, which is beyond the time limits of the attempt and of the call.
        fleet.Fault = new Fault("slow body", async (exchange, token) =>
        {
            await exchange.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Length: {pieces * pieceLength}\r\n\r\n", token);
            for (var piece = 0; piece < pieces; piece++)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(70), run.Clock, token);
                await exchange.WriteAsync(new string('s', pieceLength), token);
            }
        });

        using var response = await run.Client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        var body = await response.Content.ReadAsStringAsync().WithinHangLimit();

        Assert.Equal(pieces * pieceLength, body.Length);
        await run.AssertInvariantsAsync(fleet.Counts);
    }

    private static string ReadSynchronously(HttpClient client, TimeSpan time)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.SetMeshDeadline(time);
        using var response = client.Send(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(response.Content.ReadAsStream());
        return reader.ReadToEnd();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task ForgetResponsesAsync(HttpClient client)
    {
        for (var call = 0; call < s_permits; call++)
        {
            Assert.NotNull(await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead).WithinHangLimit());
        }
    }

    /// <summary>Bytes that can be read once.</summary>
    private sealed class OneWayStream(int length) : Stream
    {
        public long BytesRead { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = (int)Math.Min(count, length - BytesRead);
            BytesRead += read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
