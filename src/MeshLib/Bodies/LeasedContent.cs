using System.Net;

namespace MeshLib;

/// <summary>A response's content wrapped so that the mesh learns when it is over. It wraps once, and hands everything else through.</summary>
internal sealed class LeasedContent : HttpContent
{
    private readonly HttpContent _content;
    private readonly HttpResponseMessage _response;
    private readonly BodyLease _lease;

    public LeasedContent(HttpContent content, HttpResponseMessage response, BodyLease lease)
    {
        _content = content;
        _response = response;
        _lease = lease;
        foreach (var (name, values) in content.Headers.NonValidated)
        {
            Headers.TryAddWithoutValidation(name, values);
        }
    }

    /// <summary>A caller who drops a response without reading or disposing it must not keep its permits for ever.</summary>
    ~LeasedContent() => _lease.End(null);

    protected override async Task<Stream> CreateContentReadStreamAsync() => Wrap(await _content.ReadAsStreamAsync().ConfigureAwait(false));

    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) =>
        Wrap(await _content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false));

    protected override Stream CreateContentReadStream(CancellationToken cancellationToken) => Wrap(_content.ReadAsStream(cancellationToken));

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var source = Wrap(await _content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false));
        await using (source.ConfigureAwait(false))
        {
            await source.CopyToAsync(stream, cancellationToken).ConfigureAwait(false);
        }
    }

    protected override void SerializeToStream(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        using var source = Wrap(_content.ReadAsStream(cancellationToken));
        source.CopyTo(stream);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _content.Headers.ContentLength ?? 0;
        return _content.Headers.ContentLength is not null;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
#pragma warning disable CA1816 // HttpContent.Dispose() does not know of the finaliser that is added here.
            GC.SuppressFinalize(this);
#pragma warning restore CA1816
            _content.Dispose();
            _lease.End(null);
        }

        base.Dispose(disposing);
    }

    private LeasedStream Wrap(Stream stream) => new(stream, _response, _lease);
}
