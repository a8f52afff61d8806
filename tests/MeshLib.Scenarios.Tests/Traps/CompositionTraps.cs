using Microsoft.Extensions.DependencyInjection;
using Polly;
using Polly.CircuitBreaker;

namespace MeshLib.Scenarios.Tests.Traps;

/// <summary>Traps of putting handlers together in HttpClientFactory.</summary>
public partial class CompositionTraps
{
    [Fact]
    public async Task T13_StackedHandlers_Today_MultiplyTheAttempts()
    {
        await using var host = new TrapHost(services =>
        {
            services.AddAspireTemplate();
            services.AddHttpClient(TrapHost.Orders).AddStandardResilienceHandler(TrapClients.RetryAtOnce);
        });
        host.Transport.AnswerWith(503);

        await host.CallAsync(1);

        Assert.Equal(16, host.Transport.Attempts);
    }

    [Theory]
    [InlineData(true, 3)]
    [InlineData(false, 1)]
    public async Task T14_OrderOfRetryAndDiscovery_Today_DecidesWhetherARetryGoesElsewhere(bool retryOutside, int distinctHosts)
    {
        await using var host = new TrapHost(services =>
        {
            services.AddServiceDiscovery();
            var builder = services.AddHttpClient(TrapHost.Orders);
            if (retryOutside)
            {
                builder.AddResilienceHandler("retry", pipeline => pipeline.AddRetry(TrapClients.ThreeRetriesAtOnce()));
                builder.AddServiceDiscovery();
            }
            else
            {
                builder.AddServiceDiscovery();
                builder.AddResilienceHandler("retry", pipeline => pipeline.AddRetry(TrapClients.ThreeRetriesAtOnce()));
            }
        });
        host.Transport.AnswerWith(503);

        await host.CallAsync(1);

        Assert.Equal(4, host.Transport.Attempts);
        Assert.Equal(distinctHosts, host.Hosts.Distinct().Count());
    }

    [Fact]
    public async Task T15_OneServiceFails_Today_CutsOffEveryOtherClient()
    {
        await using var host = new TrapHost(services =>
        {
            services.AddAspireTemplate();
            services.AddHttpClient("good");
        });
        host.Transport.Answer(request => ScriptedTransport.Response(request.Uri.Host == "good" ? 200 : 503));
        await host.CallAsync(40);

        var end = await Record.ExceptionAsync(() => host.Client("good").GetAsync("http://good/"));

        Assert.IsType<BrokenCircuitException>(end);
        Assert.DoesNotContain(host.Transport.Requests, request => request.Uri.Host == "good");
    }

    [Fact]
    public async Task T16_ClientTimeout_Today_IsOverriddenOrOverrides()
    {
        var userTimeout = TimeSpan.FromSeconds(7);
        await using var host = new TrapHost(services =>
        {
            services.AddHttpClient("before", client => client.Timeout = userTimeout).AddStandardResilienceHandler();
            services.AddHttpClient("after").AddStandardResilienceHandler().Services.AddHttpClient("after", client => client.Timeout = userTimeout);
            services.AddHttpClient("custom").AddResilienceHandler("retry", pipeline => pipeline.AddRetry(TrapClients.ThreeRetriesAtOnce()));
        });

        Assert.Equal(Timeout.InfiniteTimeSpan, host.Client("before").Timeout);
        Assert.Equal(userTimeout, host.Client("after").Timeout);
        Assert.Equal(TimeSpan.FromSeconds(100), host.Client("custom").Timeout);
    }

    [Fact]
    public async Task T38_AspireTemplate_Today_ResolvesBeforeAClientsOwnHandlers()
    {
        Uri? seen = null;
        await using var host = new TrapHost(services =>
        {
            services.AddHttpClient(TrapHost.Orders).AddHttpMessageHandler(() => new Observing(request => seen = request.RequestUri));
            services.AddAspireTemplate();
        });

        await host.CallAsync(1);

        Assert.Equal("10.0.0.2", seen?.Host);
    }

    internal sealed class Observing(Action<HttpRequestMessage> observe) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            observe(request);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
