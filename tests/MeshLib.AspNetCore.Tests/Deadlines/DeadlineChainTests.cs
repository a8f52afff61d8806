using System.Collections.Concurrent;
using System.Net;
using MeshLib.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.AspNetCore.Tests.Deadlines;

/// <summary>Scenario O10: A calls B calls C calls D, each works for 300 ms before it calls, and A is given one second.</summary>
public sealed class DeadlineChainTests : IAsyncDisposable
{
    private static readonly TimeSpan Work = TimeSpan.FromMilliseconds(300);

    private readonly PatientClock _time = new();
    private long _started;
    private readonly ConcurrentDictionary<string, (string? Header, TimeSpan Left)> _received = new();
    private readonly ConcurrentDictionary<string, TimeSpan> _ended = new();

    public ValueTask DisposeAsync() => _time.DisposeAsync();

    [Fact]
    public async Task Deadline_ShrinksAtEachHopAndEndsTheWorkOfAll()
    {
        await using var d = await StartAsync("d", next: null);
        await using var c = await StartAsync("c", d.Address);
        await using var b = await StartAsync("b", c.Address);
        await using var a = await StartAsync("a", b.Address);
        _started = _time.GetTimestamp();

        using var response = await a.GetAsync("mesh-timeout", "1S").WithinHangLimit();
        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);

        Assert.InRange(_received["b"].Left.TotalMilliseconds, 500, 700);
        Assert.InRange(_received["c"].Left.TotalMilliseconds, 200, 400);
        Assert.InRange(_received["d"].Left.TotalMilliseconds, 1, 100);
        Assert.All(["b", "c", "d"], name => Assert.Matches("^[0-9]{1,3}m$", _received[name].Header));

        await Eventually.BecomesTrueAsync(() => _ended.Count == 4);
        Assert.All(_ended, hop => Assert.True(hop.Value <= TimeSpan.FromMilliseconds(1100), $"{hop.Key} worked until {hop.Value.TotalMilliseconds:0} ms"));

        Task<TestApplication> StartAsync(string name, Uri? next) => TestApplication.StartAsync(
            _time,
            services =>
            {
                if (next is not null)
                {
                    services.AddMesh().AddEndpoints("next", next.GetLeftPart(UriPartial.Authority));
                    services.AddMeshClient("next");
                }
            },
            app => app.UseMesh().Run(async context =>
            {
                _received[name] = (context.Request.Headers["mesh-timeout"], Deadline.Current!.Remaining);
                try
                {
                    await Task.Delay(Work, _time, context.RequestAborted);
                    if (next is not null)
                    {
                        var client = context.RequestServices.GetRequiredService<IHttpClientFactory>().CreateClient("next");
                        using var answer = await client.GetAsync("/", context.RequestAborted);
                        context.Response.StatusCode = (int)answer.StatusCode;
                    }
                }
                finally
                {
                    _ended[name] = _time.GetElapsedTime(_started);
                }
            }));
    }
}
