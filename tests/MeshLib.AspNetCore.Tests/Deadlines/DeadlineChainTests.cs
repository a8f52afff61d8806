using System.Collections.Concurrent;
using System.Net;
using MeshLib.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.AspNetCore.Tests.Deadlines;

/// <summary>Scenario O10: A calls B calls C calls D, each works for 300 ms before it calls, and A is given one second.</summary>
public sealed class DeadlineChainTests
{
    private static readonly TimeSpan Work = TimeSpan.FromMilliseconds(300);

    private readonly FakeTimeProvider _time = new();
    private readonly ConcurrentDictionary<string, (string? Header, TimeSpan Left)> _working = new();
    private readonly ConcurrentDictionary<string, TimeSpan> _ended = new();

    [Fact]
    public async Task Deadline_ShrinksAtEachHopAndEndsTheWorkOfAll()
    {
        var started = _time.GetTimestamp();
        await using var d = await StartAsync("d", next: null);
        await using var c = await StartAsync("c", d.Address);
        await using var b = await StartAsync("b", c.Address);
        await using var a = await StartAsync("a", b.Address);

        var call = a.GetAsync("mesh-timeout", "1S");
        foreach (var name in (string[])["a", "b", "c"])
        {
            await Eventually.BecomesTrueAsync(() => _working.ContainsKey(name));
            _time.Advance(Work);
        }

        await Eventually.BecomesTrueAsync(() => _working.ContainsKey("d"));
        _time.Advance(TimeSpan.FromMilliseconds(100));
        using var response = await call.WithinHangLimit();

        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Equal(("1S", TimeSpan.FromMilliseconds(1000)), _working["a"]);
        Assert.Equal(("700m", TimeSpan.FromMilliseconds(700)), _working["b"]);
        Assert.Equal(("400m", TimeSpan.FromMilliseconds(400)), _working["c"]);
        Assert.Equal(("100m", TimeSpan.FromMilliseconds(100)), _working["d"]);

        // Nobody works on: at this very moment the time of all is up.
        await Eventually.BecomesTrueAsync(() => _ended.Count == 4);
        Assert.All(_ended.Values, ended => Assert.Equal(TimeSpan.FromSeconds(1), ended));

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
                var work = Task.Delay(Work, _time, context.RequestAborted);
                _working[name] = (context.Request.Headers["mesh-timeout"], Deadline.Current!.Remaining);
                try
                {
                    await work;
                    if (next is not null)
                    {
                        var client = context.RequestServices.GetRequiredService<IHttpClientFactory>().CreateClient("next");
                        using var answer = await client.GetAsync("/", context.RequestAborted);
                        context.Response.StatusCode = (int)answer.StatusCode;
                    }
                }
                finally
                {
                    _ended[name] = _time.GetElapsedTime(started);
                }
            }));
    }
}
