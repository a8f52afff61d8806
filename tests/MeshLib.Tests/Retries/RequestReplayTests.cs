using System.Net.Http.Json;
using System.Text.Json.Nodes;
using MeshLib.TestKit;
using MeshLib.Tests.Calls;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Retries;

/// <summary>A body is sent again whole, or the request is not sent again.</summary>
public class RequestReplayTests
{
    private readonly FakeTimeProvider _time = new();

    public static TheoryData<string, int> Bodies => new()
    {
        { "none", 3 },
        { "bytes", 3 },
        { "string", 3 },
        { "form", 3 },
        { "memory", 3 },
        { "json", 3 },
        { "json of a list", 3 },
        { "json of a set", 3 },
        { "json node", 3 },
        { "json of an iterator", 1 },
        { "json of an asynchronous sequence", 1 },
        { "json of a stranger", 3 },
        { "multipart", 3 },
        { "multipart of streams", 3 },
        { "seekable stream", 3 },
        { "stream with length", 3 },
        { "stream without length", 1 },
        { "stream beyond the limit", 1 },
        { "bytes beyond the limit", 3 },
        { "multipart with a stream without length", 1 },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Body_IsSentAgainWholeOrTheRequestIsSentOnce(string kind, int attempts)
    {
        await using var mesh = await VirtualMesh.StartAsync(_time);
        mesh.Transport.CaptureBodies = true;
        mesh.Transport.AnswerWith(503, "why");
        using var expected = Content(kind);
        var bytes = expected is null ? null : await expected.ReadAsByteArrayAsync();
        using var request = VirtualMesh.Request("PUT", content: Content(kind));
        request.AllowMeshRetry(true);

        using var response = await mesh.SendAsync(request).WithinHangLimit();

        Assert.Equal(503, (int)response.StatusCode);
        Assert.Equal(attempts, mesh.Transport.Attempts);
        Assert.All(mesh.Transport.Requests, sent => Assert.Equal(bytes, sent.Body));
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task BodyThatCannotBeReplayed_IsStillSentAgainAfterARefusedConnection()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time);
        mesh.Transport.Answer(request => request.Number == 1 ? throw TransportErrors.Refused() : ScriptedTransport.Response(200));
        using var request = VirtualMesh.Request("POST", content: new StreamContent(new OneWayStream("the body", lengthKnown: false)));

        using var response = await mesh.SendAsync(request).WithinHangLimit();

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(2, mesh.Transport.Attempts);
    }

    [Fact]
    public async Task BodyThatCannotBeReplayed_IsNotSentAgainAfterARefusedStream()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time);
        mesh.Transport.Answer(_ => throw TransportErrors.Http2(7));
        using var request = VirtualMesh.Request("POST", content: new StreamContent(new OneWayStream("the body", lengthKnown: false)));

        await Assert.ThrowsAsync<HttpRequestException>(() => mesh.SendAsync(request).WithinHangLimit());

        Assert.Equal(1, mesh.Transport.Attempts);
        Assert.Equal(1, mesh.Meters.Sum("mesh.client.retry_refusals", ("reason", "body_not_replayable")));
    }

    [Fact]
    public async Task RequestThatMayNotBeRepeated_IsNotReadIntoMemory()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time);
        mesh.Transport.AnswerWith(200);
        var stream = new OneWayStream("the body", lengthKnown: true);
        using var request = VirtualMesh.Request("POST", content: new StreamContent(stream));

        using var response = await mesh.SendAsync(request).WithinHangLimit();

        Assert.Equal(0, stream.Reads);
    }

    [Fact]
    public async Task ReplayLimitOfZero_KeepsNothing()
    {
        await using var mesh = await VirtualMesh.StartAsync(_time, policy => policy.Retry.ReplayLimit = 0);
        mesh.Transport.AnswerWith(503);
        using var request = VirtualMesh.Request("PUT", content: new StreamContent(new OneWayStream("the body", lengthKnown: true)));
        request.AllowMeshRetry(true);

        using var response = await mesh.SendAsync(request).WithinHangLimit();

        Assert.Equal(1, mesh.Transport.Attempts);
    }

    private static HttpContent? Content(string kind)
    {
        var large = new byte[65_537];
        return kind switch
        {
            "none" => null,
            "bytes" => new ByteArrayContent([1, 2, 3]),
            "string" => new StringContent("text"),
            "form" => new FormUrlEncodedContent([new("a", "b")]),
            "memory" => new ReadOnlyMemoryContent(new byte[] { 4, 5 }),
            "json" => JsonContent.Create(new { Sku = "A1" }),
            "json of a list" => JsonContent.Create(new List<int> { 1, 2 }),
            "json of a set" => JsonContent.Create(new HashSet<int> { 1 }),
            "json node" => JsonContent.Create(new JsonArray(1, 2)),
            "json of an iterator" => JsonContent.Create(Enumerable.Range(1, 2).Where(static number => number > 0)),
            "json of an asynchronous sequence" => JsonContent.Create(Numbers()),
            "json of a stranger" => new StrangersContent("{}"),
            "multipart" => new MultipartContent("mixed", "b") { new StringContent("one"), JsonContent.Create(2) },
            "multipart of streams" => new MultipartContent("mixed", "b") { new StreamContent(new MemoryStream([1, 2])), new StringContent("two") },
            "seekable stream" => new StreamContent(new MemoryStream([7, 8, 9])),
            "stream with length" => new StreamContent(new OneWayStream("the body", lengthKnown: true)),
            "stream without length" => new StreamContent(new OneWayStream("the body", lengthKnown: false)),
            "stream beyond the limit" => new StreamContent(new MemoryStream(large)),
            "bytes beyond the limit" => new ByteArrayContent(large),
            "multipart with a stream without length" => new MultipartContent("mixed", "b") { new StreamContent(new OneWayStream("the body", lengthKnown: false)) },
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
    }

    private static async IAsyncEnumerable<int> Numbers()
    {
        await Task.Yield();
        yield return 1;
    }

    /// <summary>A content type of a library that the mesh has never heard of.</summary>
    private sealed class StrangersContent(string text) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) => stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text)).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = text.Length;
            return true;
        }
    }

    /// <summary>A stream that can be read once, like an upload that is passed on; it tells its length or does not.</summary>
    private sealed class OneWayStream(string text, bool lengthKnown) : MemoryStream(System.Text.Encoding.UTF8.GetBytes(text))
    {
        private int _reads;

        public int Reads => _reads;

        public override bool CanSeek => lengthKnown;

        public override int Read(Span<byte> buffer)
        {
            _reads++;
            return base.Read(buffer);
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => Task.FromResult(Read(buffer.AsSpan(offset, count)));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
        {
            _reads++;
            return base.CopyToAsync(destination, bufferSize, cancellationToken);
        }
    }
}
