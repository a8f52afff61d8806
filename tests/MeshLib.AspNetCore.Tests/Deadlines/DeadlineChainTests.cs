using System.Collections.Concurrent;
using System.Net;
using MeshLib.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.AspNetCore.Tests.Deadlines;

/// <summary>Scenario O10: A calls B calls C calls D, each works for 300 ms before it calls, and A is given one second.</summary>
public class DeadlineChainTests
{
    private static readonly TimeSpan Work = TimeSpan.FromMilliseconds(300);

    private readonly FakeTimeProvider _time = new();
    private long _started;
    private readonly ConcurrentDictionary<string, (string? Header, TimeSpan Left)> _received = new();
    private readonly ConcurrentDictionary<string, TimeSpan> _ended = new();

    [Fact]
    public async Task Deadline_ShrinksAtEachHopAndEndsTheWorkOfAll()
    {
        await using var d = await StartAsync("d", next: null);
        await using var c = await StartAsync("c", d.Address);
        await using var b = await StartAsync("b", c.Address);
        await using var a = await StartAsync("a", b.Address);
        _started = _time.GetTimestamp();
        var call = a.GetAsync("mesh-timeout", "1S");

        using var response = await _time.AdvanceUntilEndedAsync(call, TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(5));
        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);

        // Steps of 10 ms may pass while a hop's continuation is still on its way to the next wait.
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
