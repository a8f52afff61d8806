using System.Security.Cryptography.X509Certificates;

namespace MeshLib.TestKit;

/// <summary>How a <see cref="TlsFaultServer"/> behaves in the handshake.</summary>
public sealed class TlsFault
{
    private TlsFault(string name) => Name = name;

    /// <summary>Accepts and says nothing.</summary>
    public static TlsFault Hang { get; } = new("tls hang");

    /// <summary>Answers the ClientHello with bytes that are not TLS.</summary>
    public static TlsFault Garbage { get; } = new("tls garbage");

    /// <summary>Resets after the ClientHello.</summary>
    public static TlsFault Reset { get; } = new("tls reset");

    /// <summary>The mode's name.</summary>
    public string Name { get; }

    internal X509Certificate2? Certificate { get; private init; }

    /// <summary>Presents a certificate; whether it is good is for the client to say.</summary>
    public static TlsFault Present(X509Certificate2 certificate, string name = "tls") => new(name) { Certificate = certificate };

    /// <inheritdoc/>
    public override string ToString() => Name;
}
