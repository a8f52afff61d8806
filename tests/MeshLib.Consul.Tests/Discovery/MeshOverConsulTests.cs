using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using MeshLib.TestKit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using static MeshLib.Consul.Tests.TestConsul;

namespace MeshLib.Consul.Tests;

/// <summary>The whole way: a call of the mesh to an instance that Consul lists.</summary>
public class MeshOverConsulTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ACall_FollowsConsulFromInstanceToInstanceAndSurvivesItsAbsence()
    {
        await using var first = new ScriptedConsul(_ => ScriptedConsulReply.Status(200, "first"));
        await using var second = new ScriptedConsul(_ => ScriptedConsulReply.Status(200, "second"));
        var catalog = new ScriptedConsulCatalog();
        catalog.Set("orders", RowOf("a", first));
        await using var consul = new ScriptedConsul(catalog.AnswerAsync);
        await using var host = Host(consul);
        var orders = host.GetRequiredService<IHttpClientFactory>().CreateClient("orders");
        Assert.Equal("first", await orders.GetStringAsync("/x", Cancel));

        catalog.Set("orders", RowOf("b", second));
        await UntilAsync(async () => await orders.GetStringAsync("/x", Cancel) == "second");

        consul.Script = _ => Task.FromResult(ScriptedConsulReply.Reset());
        catalog.Set("orders");
        Assert.Equal("second", await orders.GetStringAsync("/x", Cancel));
        Assert.DoesNotContain(first.Requests.Concat(second.Requests), request => request.Headers.ContainsKey("X-Consul-Token"));
    }

    [Fact]
    [Trait("Scenario", "D20")]
    public async Task RowsOfUnknownShapeOrStatus_CostThemselvesAlone()
    {
        await using var bare = new ScriptedConsul(_ => ScriptedConsulReply.Status(200, "bare"));
        await using var full = new ScriptedConsul(_ => ScriptedConsulReply.Status(200, "full"));
        await using var strange = new ScriptedConsul(_ => ScriptedConsulReply.Status(200, "strange"));
        var withoutMembers = RowOf("a", bare);
        (withoutMembers["Checks"], withoutMembers["Node"]!["Meta"], withoutMembers["Unknown"]) = (null, null, new JsonObject { ["x"] = 1 });
        withoutMembers["Service"]!["Tags"] = null;
        var withUnknownStatus = RowOf("c", strange);
        withUnknownStatus["Checks"]![1]!["Status"] = "hibernating";
        var catalog = new ScriptedConsulCatalog();
        catalog.Set("orders", withoutMembers, RowOf("b", full), withUnknownStatus, new JsonObject { ["Service"] = null }, new JsonObject());
        await using var consul = new ScriptedConsul(catalog.AnswerAsync);
        await using var host = Host(consul);
        var orders = host.GetRequiredService<IHttpClientFactory>().CreateClient("orders");
        for (var call = 0; call < 50; call++)
        {
            await orders.GetStringAsync("/x", Cancel);
        }

        Assert.Equal(50, bare.Requests.Count + full.Requests.Count);
        Assert.NotEmpty(bare.Requests);
        Assert.Empty(strange.Requests);
    }

    [Fact]
    [Trait("Scenario", "S21")]
    public async Task TheToken_GoesToConsulAndToNoInstance()
    {
        await using var instance = new ScriptedConsul(_ => ScriptedConsulReply.Status(200, "ok"));
        var catalog = new ScriptedConsulCatalog();
        catalog.Set("orders", RowOf("a", instance));
        await using var consul = new ScriptedConsul(catalog.AnswerAsync);
        await using var host = Host(consul);
        await host.GetRequiredService<IHttpClientFactory>().CreateClient("orders").GetStringAsync("/x", Cancel);

        Assert.Equal("t0ken", consul.Requests.First().Headers["X-Consul-Token"]);
        Assert.DoesNotContain("X-Consul-Token", Assert.Single(instance.Requests).Headers.Keys, StringComparer.OrdinalIgnoreCase);
    }

    [Fact]
    [Trait("Scenario", "D10")]
    public async Task WhatGoesWrong_IsCountedByReason()
    {
        var counts = new ConcurrentDictionary<(string Instrument, string Reason), long>();
        var catalog = new ScriptedConsulCatalog();
        catalog.Set("orders", ScriptedConsulCatalog.Row("orders", "a", "169.254.169.254", 80), ScriptedConsulCatalog.Row("orders", "b", "10.0.0.1", 0));
        await using var consul = new ScriptedConsul(_ => ScriptedConsulReply.Json("{}", 9));
        await using var host = Host(consul);
        using var listener = new MeterListener();
        var meters = host.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, meters) && instrument.Name is "mesh.discovery.errors" or "mesh.discovery.dropped")
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var reason = tags.ToArray().Single(tag => tag.Key == "reason").Value!.ToString()!;
            counts.AddOrUpdate((instrument.Name, reason), value, (_, sum) => sum + value);
        });
        listener.Start();
        using var watch = host.GetRequiredService<WatchRegistry>().Acquire(new HealthQuery("orders"));
        await UntilAsync(() => counts.GetValueOrDefault(("mesh.discovery.errors", "invalid_answer")) > 0);
        consul.Script = catalog.AnswerAsync;

        await UntilAsync(() => counts.GetValueOrDefault(("mesh.discovery.dropped", "refused_address")) == 1 && counts.GetValueOrDefault(("mesh.discovery.dropped", "invalid_port")) == 1);
    }

    private static JsonObject RowOf(string id, ScriptedConsul instance) => ScriptedConsulCatalog.Row("orders", id, "127.0.0.1", new Uri(instance.Address).Port);

    private static ServiceProvider Host(ScriptedConsul consul)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddMesh().AddConsul(options => (options.Address, options.Token) = (consul.Address, "t0ken"));
        services.AddMeshClient("orders");
        return services.BuildServiceProvider();
    }
}
