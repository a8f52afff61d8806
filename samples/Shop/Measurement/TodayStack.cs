namespace Shop.Measurement;

/// <summary>What the Aspire template writes.</summary>
internal sealed class TodayStack : Stack
{
    public override string Name => "today";

    public override string Settings =>
        "ConfigureHttpClientDefaults: AddStandardResilienceHandler(), then AddServiceDiscovery(), as the Aspire template has it; every option at its default "
        + "(retry 3 × from 2 s, exponential with jitter; one breaker for the service: 10 % of at least 100 calls in 30 s, open 5 s; total 30 s), "
        + "but for the attempt timeout: 3 s in place of 10 s, to be equal to the others";

    protected override void AddClient(IServiceCollection services)
    {
        services.AddServiceDiscovery();
        services.ConfigureHttpClientDefaults(http =>
        {
            http.AddStandardResilienceHandler(options =>
            {
                options.TotalRequestTimeout.Timeout = CallTimeout;
                options.AttemptTimeout.Timeout = AttemptTimeout;
            });
            http.AddServiceDiscovery();
        });
        services.AddHttpClient(Client, client => client.BaseAddress = Service);
    }
}
