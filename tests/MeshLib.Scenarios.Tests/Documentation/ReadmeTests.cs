using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using MeshLib.AspNetCore;
using MeshLib.Consul;
using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Scenarios.Tests.Documentation;

public partial class ReadmeTests
{
    private static readonly MarkdownDocument Readme = new("README.md");

    [Theory]
    [InlineData("README.md")]
    [InlineData("src/MeshLib/README.md")]
    [InlineData("src/MeshLib.Testing/README.md")]
    public void EveryCodeBlock_IsARegionOfACompiledSample(string path)
    {
        var document = new MarkdownDocument(path);
        var blocks = document.Regions().ToArray();

        Assert.Equal(document.CSharpBlocks, blocks.Length);
        Assert.NotEmpty(blocks);
        Assert.All(blocks, static block => Assert.Equal(block.Source(), block.Code));
    }

    [Fact]
    public void TheOptionsTable_IsWhatTheCodeReads() => Assert.Equal(
        PolicyTable.Options.Select(static option =>
            $"| `{option.Path}` | {(option.BuiltIn.Length > 0 ? $"`{option.BuiltIn}`" : "none")} | {option.Allowed} | {(option.Scope == OptionScope.Call ? "call" : "service")} | {option.Description} |"),
        Readme.TableUnder("## Options"));

    [Fact]
    public async Task TheMetricsTable_IsWhatTheCodeEmits()
    {
        await using var services = new ServiceCollection().AddMesh().Services.BuildServiceProvider();
        var instruments = new List<Instrument>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Name == MeshMetrics.MeterName && ReferenceEquals(instrument.Meter.Scope, services.GetRequiredService<IMeterFactory>()))
            {
                instruments.Add(instrument);
            }
        };
        listener.Start();
        _ = services.GetRequiredService<MeshServices>();
        _ = new ServerMetrics(services.GetRequiredService<IMeterFactory>(), services.GetRequiredService<ListenerFaults>());
        _ = new ConsulMetrics(services.GetRequiredService<IMeterFactory>(), services.GetRequiredService<ListenerFaults>());

        Assert.Equal(
            instruments.DistinctBy(static instrument => instrument.Name).OrderBy(static instrument => instrument.Name, StringComparer.Ordinal).Select(static instrument => $"| `{instrument.Name}` | {Kind(instrument)} | {instrument.Unit} | {instrument.Description} |"),
            Readme.TableUnder("## Metrics"));
    }

    [Fact]
    public void TheExceptionsTable_IsWhatTheCodeThrows()
    {
        var failure = new MeshFailure("orders", OutcomeReason.NoEndpoint);
        MeshException[] thrown = [new BulkheadRejectedException(failure, limit: 1), new DeadlineExceededException(failure, TimeSpan.Zero), new NoEndpointAvailableException(failure)];
        using var request = new HttpRequestMessage();

        Assert.Equal(
            typeof(MeshException).Assembly.GetExportedTypes().Where(static type => type.IsSubclassOf(typeof(MeshException))).Select(static type => type.Name).Order(StringComparer.Ordinal),
            thrown.Select(static exception => exception.GetType().Name));
        Assert.Equal(
            thrown.Select(exception => $"`{exception.GetType().Name}` | {(int?)exception.StatusCode} | `{GrpcName(request, exception)}`"),
            Readme.TableUnder("## Exceptions").Select(static row => string.Join('|', row.Split('|')[1..4]).Trim()));
    }

    private static string GrpcName(HttpRequestMessage request, MeshException exception)
    {
        using var answer = GrpcStatus.Reject(request, exception);
        return WordStart().Replace($"{(Grpc.Core.StatusCode?)GrpcStatus.FromHeaders(answer)}", "_").ToUpperInvariant();
    }

    [GeneratedRegex("(?<=[a-z])(?=[A-Z])")]
    private static partial Regex WordStart();

    private static string Kind(Instrument instrument) => instrument.GetType().Name.Split('`')[0] switch
    {
        "Histogram" => "histogram",
        "Counter" or "ObservableCounter" => "counter",
        "UpDownCounter" => "up-down counter",
        "ObservableGauge" => "gauge",
        var other => other,
    };
}
