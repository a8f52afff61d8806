using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib.Scenarios.Tests.Kit;

public class ManualEndpointSourceTests
{
    private readonly ManualEndpointSource _source = new();

    [Fact]
    public async Task Publish_WhenAWatchLives_SignalsAndServesTheNewList()
    {
        _source.Publish("orders", "http://127.0.0.1:1");
        await using var provider = NewProvider("http://orders");
        var first = await PopulateAsync(provider);

        _source.Publish("orders", new ManualEndpoint("http://127.0.0.1:2", new EndpointMetadata { Zone = "eu-1a" }), "127.0.0.1:3");
        var second = await PopulateAsync(provider);

        Assert.True(Assert.Single(first.Tokens).HasChanged);
        Assert.False(Assert.Single(second.Tokens).HasChanged);
        Assert.Equal("eu-1a", second.Endpoints[0].Features.Get<EndpointMetadata>()?.Zone);
        Assert.Equal("127.0.0.1:3", second.Endpoints[1].EndPoint.ToString());
        Assert.Equal(2, _source.PopulatesOf("orders"));
        Assert.Equal(1, _source.LiveProviders);
    }

    [Fact]
    public async Task Hang_WhenResumed_LetsThePopulateEnd()
    {
        await using var provider = NewProvider("http://orders");
        _source.Hang("orders");
        var populate = PopulateAsync(provider);
        await Eventually.EqualsAsync(1, () => _source.HangingPopulatesOf("orders"));

        _source.Fail("orders", new IOException("The registry is away."));

        await Assert.ThrowsAsync<IOException>(() => populate).WithinHangLimit();
    }

    [Fact]
    public async Task LiveProviders_WhenOneIsDisposedTwice_CountsItOnce()
    {
        var provider = NewProvider("http://orders");
        await provider.DisposeAsync();
        await provider.DisposeAsync();

        Assert.Equal(0, _source.LiveProviders);
        Assert.Equal(1, _source.CreatedProviders);
    }

    private IServiceEndpointProvider NewProvider(string name)
    {
        Assert.True(ServiceEndpointQuery.TryParse(name, out var query));
        Assert.True(_source.TryCreateProvider(query, out var provider));
        return provider;
    }

    private static async Task<Builder> PopulateAsync(IServiceEndpointProvider provider)
    {
        var builder = new Builder();
        await provider.PopulateAsync(builder, CancellationToken.None);
        return builder;
    }

    private sealed class Builder : IServiceEndpointBuilder
    {
        public List<IChangeToken> Tokens { get; } = [];

        public IList<ServiceEndpoint> Endpoints { get; } = [];

        public IFeatureCollection Features { get; } = new FeatureCollection();

        public void AddChangeToken(IChangeToken changeToken) => Tokens.Add(changeToken);
    }
}
