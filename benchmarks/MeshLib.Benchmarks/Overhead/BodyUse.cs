namespace MeshLib.Benchmarks;

/// <summary>How the caller takes the 1 KiB of the answer.</summary>
internal enum BodyUse
{
    /// <summary><c>GetAsync</c>, <c>GetStringAsync</c>, <c>SendAsync</c>: the client buffers the body before the call returns.</summary>
    Buffered,

    /// <summary><c>ResponseHeadersRead</c>, then the stream is read to its end, as <c>GetFromJsonAsync</c> does.</summary>
    Read,
}
