using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MeshLib.TestKit;

/// <summary>A certificate authority that lives in memory for one test.</summary>
public sealed class TestCertificates : IDisposable
{
    private static readonly TimeSpan s_validity = TimeSpan.FromDays(30);
    private static readonly Oid s_serverAuthentication = new("1.3.6.1.5.5.7.3.1");

    private readonly List<IDisposable> _owned = [];
    private readonly X509Certificate2 _issuer;

    /// <summary>A new authority with a key of its own.</summary>
    public TestCertificates(string name = "MeshLib test authority")
    {
        var key = Owned(ECDsa.Create(ECCurve.NamedCurves.nistP256));
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        _issuer = Owned(request.CreateSelfSigned(Now - s_validity, Now + s_validity));
        Authority = Owned(X509CertificateLoader.LoadCertificate(_issuer.RawData));
    }

    /// <summary>The authority's certificate, without its key, to be trusted.</summary>
    public X509Certificate2 Authority { get; }

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    /// <summary>A server certificate for a DNS name or an IP address, with its key.</summary>
    public X509Certificate2 Issue(string host, bool expired = false)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = NewRequest(host, key);
        var (from, to) = expired ? (Now - s_validity, Now - TimeSpan.FromDays(1)) : (Now - TimeSpan.FromDays(1), Now + (s_validity / 2));
        using var issued = request.Create(_issuer, from, to, RandomNumberGenerator.GetBytes(16));
        using var withKey = issued.CopyWithPrivateKey(key);
        return Reloaded(withKey);
    }

    /// <summary>A server certificate that nobody vouches for but itself.</summary>
    public X509Certificate2 IssueSelfSigned(string host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = NewRequest(host, key).CreateSelfSigned(Now - TimeSpan.FromDays(1), Now + s_validity);
        return Reloaded(certificate);
    }

    /// <summary>A check that trusts this authority and nobody else, and looks at the host name as usual.</summary>
    public X509ChainPolicy TrustOnlyThis() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        CustomTrustStore = { Authority },
        RevocationMode = X509RevocationMode.NoCheck,
    };

    /// <inheritdoc/>
    public void Dispose() => _owned.ForEach(static owned => owned.Dispose());

    private static CertificateRequest NewRequest(string host, ECDsa key)
    {
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(host, out var address))
        {
            names.AddIpAddress(address);
        }
        else
        {
            names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([s_serverAuthentication], critical: false));
        return request;
    }

    // A key made in memory is not usable for TLS on every system; one that came out of PKCS #12 is.
    private X509Certificate2 Reloaded(X509Certificate2 certificate) =>
        Owned(X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null));

    private T Owned<T>(T owned)
        where T : IDisposable
    {
        _owned.Add(owned);
        return owned;
    }
}
