using MeshLib.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Placement;

/// <summary>HttpClient.Timeout becomes policy where the mesh governs, and stays what it is where it does not.</summary>
public class ClientTimeoutTests
{
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TimeoutOfTheUser_BecomesTheCallsTimeout(bool setFirst)
    {
        await using var application = NewApplication(services =>
        {
            if (setFirst)
            {
                services.AddHttpClient("orders", client => client.Timeout = TimeSpan.FromSeconds(150));
            }

            var client = services.AddMeshClient("orders");
            if (!setFirst)
            {
                client.ConfigureHttpClient(http => http.Timeout = TimeSpan.FromSeconds(150));
            }
        });

        Assert.Equal(Timeout.InfiniteTimeSpan, application.Client().Timeout);
        (await application.Client().PostAsync("/", null).WithinHangLimit()).Dispose();
        Assert.Equal("150000m", application.Transport.Requests[0].MeshTimeout);
    }

    [Fact]
    public async Task StockTimeout_GivesWayToThePolicy()
    {
        await using var application = NewApplication(services => services.AddMeshClient("orders"));

        (await application.Client().PostAsync("/", null).WithinHangLimit()).Dispose();

        Assert.Equal("30000m", application.Transport.Requests[0].MeshTimeout);
    }

    [Fact]
    public async Task TimeoutSetLater_StaysAnOuterCap()
    {
        await using var application = NewApplication(services => services.AddMeshClient("orders"));
        application.Transport.Answer((Func<ScriptedRequest, HttpResponseMessage>?)null);
        using var client = application.Client();
        client.Timeout = TimeSpan.FromMilliseconds(50);

        var cancelled = await Assert.ThrowsAsync<TaskCanceledException>(() => client.GetAsync("/").WithinHangLimit());

        Assert.IsType<TimeoutException>(cancelled.InnerException);
    }

    public static TheoryData<string> Unlimited => ["undeclared", "bypass", "Observe", "Resolve", "Resolve, unresolved"];

    [Theory]
    [MemberData(nameof(Unlimited))]
    public async Task WhereNoPolicyLimits_TheClientsOwnTimeoutHolds(string how)
    {
        var mode = how.StartsWith("Resolve", StringComparison.Ordinal) ? MeshMode.Resolve : how == "Observe" ? MeshMode.Observe : MeshMode.Enforce;
        var source = new ManualEndpointSource();
        source.Decline("orders");
        source.Decline("undeclared.example.com");
        source.Hang("unresolved");
        await using var application = NewApplication(services =>
        {
            services.AddSingleton<Microsoft.Extensions.ServiceDiscovery.IServiceEndpointProviderFactory>(source);
            services.AddMesh(options => options.Mode = mode);
            services.AddMeshClient("orders").ConfigureHttpClient(http => http.Timeout = TimeSpan.FromSeconds(20));
        });
        application.Transport.Answer((Func<ScriptedRequest, HttpResponseMessage>?)null);
        using var request = new HttpRequestMessage(HttpMethod.Get, how switch
        {
            "undeclared" => "http://undeclared.example.com/",
            "Resolve, unresolved" => "http://unresolved/",
            _ => "http://orders/",
        });
        if (how == "bypass")
        {
            request.BypassMesh();
        }

        var call = application.Client().SendAsync(request);
        if (how == "Resolve, unresolved")
        {
            await Eventually.EqualsAsync(1, () => source.HangingPopulatesOf("unresolved"));
        }
        else
        {
            Assert.Null((await application.Transport.NextAsync()).Request.MeshTimeout);
        }

        _time.Advance(TimeSpan.FromMilliseconds(19_900));
        Assert.False(call.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(200));

        // As HttpClient itself would have ended it.
        var cancelled = await Assert.ThrowsAsync<TaskCanceledException>(() => call.WithinHangLimit());
        Assert.IsType<TimeoutException>(cancelled.InnerException);
        Assert.False(cancelled.CancellationToken.IsCancellationRequested);
    }

    private MeshApplication NewApplication(Action<IServiceCollection> configure)
    {
        ScriptedTransport? wire = null;
        var application = new MeshApplication(
            services =>
            {
                configure(services);
                services.AddHttpClient("orders").ConfigurePrimaryHttpMessageHandler(() => wire!);
            },
            _time);
        wire = application.Transport;
        return application;
    }
}
