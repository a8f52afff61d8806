using MeshLib.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace MeshLib.AspNetCore.Tests.Draining;

/// <summary>What callers hear of an instance that is about to leave.</summary>
public class DrainAnnouncementTests
{
    [Theory]
    [InlineData(200, true)]
    [InlineData(302, true)]
    [InlineData(404, false)]
    [InlineData(500, false)]
    [InlineData(503, false)]
    public async Task Answers_OnceTheHostStops_SayThatItIsLeaving_UnlessTheyFail(int status, bool announces)
    {
        await using var application = await TestApplication.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });
        using (var before = await application.GetAsync("x-nothing", "1").WithinHangLimit())
        {
            Assert.False(Announces(before));
        }

        // The server is stopped by the host, which nobody has told yet.
        application.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        using var after = await application.GetAsync("x-nothing", "1").WithinHangLimit();
        Assert.Equal(status, (int)after.StatusCode);
        Assert.Equal(announces, Announces(after));
    }

    private static bool Announces(HttpResponseMessage response) => response.Headers.Contains("mesh-retry") && response.Headers.RetryAfter?.Delta == TimeSpan.FromSeconds(30);
}
