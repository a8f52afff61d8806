namespace MeshLib;

/// <summary>Reads a body of known length inside an attempt of a synchronous call, on the caller's thread: <see cref="HttpContent"/> can load itself into memory only asynchronously.</summary>
internal static class SynchronousBody
{
    /// <summary>Puts the bytes in the place of the content that is still on the wire.</summary>
    /// <param name="response">The response.</param>
    /// <param name="cancellationToken">Ends the reading by closing the stream under it, because a synchronous read takes no token.</param>
    public static void Load(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var content = response.Content;
        var stream = content.ReadAsStream(cancellationToken);
        using var registration = cancellationToken.UnsafeRegister(static stream => ((Stream)stream!).Dispose(), stream);
        var bytes = new byte[content.Headers.ContentLength!.Value];
        stream.ReadExactly(bytes);
        var loaded = new ByteArrayContent(bytes);
        foreach (var (name, values) in content.Headers.NonValidated)
        {
            loaded.Headers.TryAddWithoutValidation(name, values);
        }

        response.Content = loaded;
        content.Dispose();
    }
}
