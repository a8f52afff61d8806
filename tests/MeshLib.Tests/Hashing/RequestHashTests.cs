using System.IO.Hashing;
using System.Text;

namespace MeshLib.Tests.Hashing;

public class RequestHashTests
{
    [Theory]
    [InlineData("", 0xEF46DB3751D8E999)]
    [InlineData("a", 0xD24EC4F1A98C6E5B)]
    [InlineData("abc", 0x44BC2CF5AD770999)]
    [InlineData("0123456789abcdef0123456789abcdef0123", 0xC4255BA3D1AF5461)]
    [InlineData("endpoint-0", 15407635644000248043)]
    [InlineData("endpoint-1", 1127207324428978569)]
    public void Of_IsXxh64WithSeed0(string key, ulong hash) => Assert.Equal(hash, RequestHash.Of(key));

    [Fact]
    public void Of_ALongKeyOfManyBytes_IsTheHashOfItsUtf8()
    {
        var key = string.Concat(Enumerable.Repeat("ключ", 500));

        Assert.Equal(XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(key)), RequestHash.Of(key));
    }

    [Fact]
    public void Of_ARequest_TakesTheFirstSourceThatItHas()
    {
        var hash = new RequestHash(["header:x-user", "cookie:session", "header:x-tenant"]);

        Assert.Null(hash.Of(Request()));
        Assert.Equal(RequestHash.Of("gold"), hash.Of(Request(("x-tenant", "gold"))));
        Assert.Equal(RequestHash.Of("s1"), hash.Of(Request(("x-tenant", "gold"), ("Cookie", "theme=dark; session=s1"))));
        Assert.Equal(RequestHash.Of("ann"), hash.Of(Request(("x-tenant", "gold"), ("Cookie", "session=s1"), ("X-User", "ann"))));
        Assert.Equal(RequestHash.Of("gold"), hash.Of(Request(("x-user", ""), ("Cookie", "session="), ("x-tenant", "gold"))));
    }

    [Fact]
    public void Of_ARequest_PutsTheKeySetOnItBeforeAllSources()
    {
        var request = Request(("x-user", "ann"));
        request.SetMeshHashKey("cart-7");

        Assert.Equal(RequestHash.Of("cart-7"), new RequestHash(["header:x-user"]).Of(request));
        Assert.Equal(RequestHash.Of("cart-7"), new RequestHash([]).Of(request));
    }

    [Fact]
    public void Of_ARequest_AllocatesNothing()
    {
        var hash = new RequestHash(["header:x-user", "cookie:session"]);
        using var first = Request(("x-user", "ann"));
        using var second = Request(("Cookie", "theme=dark; session=s1"));
        Assert.NotEqual(hash.Of(first), hash.Of(second));

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            hash.Of(first);
            hash.Of(second);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData("session=s1", "s1")]
    [InlineData("a=b;session=\"s1\"", "s1")]
    [InlineData("xsession=0; session=s1 ;sessions=2", "s1")]
    [InlineData("session=a=b", "a=b")]
    [InlineData("Session=s1", null)]
    [InlineData("session", null)]
    [InlineData(";;=;session", null)]
    public void Of_ACookie_IsThatOfTheName(string cookies, string? value) =>
        Assert.Equal(value is null ? null : RequestHash.Of(value), new RequestHash(["cookie:session"]).Of(Request(("Cookie", cookies))));

    [Theory]
    [InlineData("header:x-user", true)]
    [InlineData("Cookie: session", true)]
    [InlineData("header:", false)]
    [InlineData("header:two words", false)]
    [InlineData("query:user", false)]
    [InlineData("x-user", false)]
    [InlineData("", false)]
    public void Source_IsAHeaderOrACookieWithAName(string text, bool valid) => Assert.Equal(valid, HashKeySource.IsValid(text));

    [Fact]
    public void SetMeshHashKey_OfNoKey_IsRefused()
    {
        using var request = Request();

        Assert.Throws<ArgumentException>(() => request.SetMeshHashKey(""));
        Assert.Throws<ArgumentNullException>(() => request.SetMeshHashKey(null!));
    }

    private static HttpRequestMessage Request(params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "http://orders/");
        foreach (var (name, value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }

        return request;
    }
}
