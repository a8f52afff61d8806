using CsCheck;

namespace MeshLib.Tests.LoadReports;

public class LoadReportReaderTests
{
    // cpu_utilization 0.1, rps_fractional 2 and two named metrics, as the format's own document has it.
    private const string Documented = "CZqZmZmZmbk/MQAAAAAAAABAQg4KA2ZvbxGamZmZmZm5P0IOCgNiYXIRmpmZmZmZyT8=";

    [Theory]
    [InlineData("TEXT cpu_utilization=0.3, mem_utilization=0.8, rps_fractional=10.0, eps=1, named_metrics.custom_metric_util=0.4", 0.3, 10, 1)]
    [InlineData("TEXT rps_fractional=10,cpu_utilization=0.3,application_utilization=1.5", 1.5, 10, 0)]
    [InlineData("""JSON {"cpu_utilization": 0.3, "mem_utilization": 0.8, "rps_fractional": 10.0, "eps": 1, "named_metrics": {"custom-metric-util": 0.4}}""", 0.3, 10, 1)]
    [InlineData("""JSON {"rpsFractional":10,"applicationUtilization":0.5,"x":[1,{"eps":7}]}""", 0.5, 10, 0)]
    [InlineData("BIN " + Documented, 0.1, 2, 0)]
    public void Parse_ReadsEveryForm(string text, double utilization, double requests, double errors)
    {
        var report = Assert.NotNull(LoadReportReader.Parse(text));

        Assert.Equal((utilization, requests, errors), (report.Utilization, report.RequestsPerSecond, report.ErrorsPerSecond));
    }

    [Theory]
    [InlineData("")]
    [InlineData("TEXT")]
    [InlineData("TEXT ")]
    [InlineData("XML <report/>")]
    [InlineData("cpu_utilization=0.3,rps_fractional=10")]
    [InlineData("TEXT cpu_utilization=NaN,rps_fractional=10")]
    [InlineData("TEXT cpu_utilization=Infinity,rps_fractional=10")]
    [InlineData("TEXT cpu_utilization=1e999,rps_fractional=10")]
    [InlineData("TEXT cpu_utilization=-0.1,rps_fractional=10")]
    [InlineData("TEXT cpu_utilization=0,3,rps_fractional=10")]
    [InlineData("TEXT cpu_utilization=0.3,rps_fractional=0")]
    [InlineData("TEXT cpu_utilization=0.3")]
    [InlineData("TEXT cpu_utilization=1e-300,rps_fractional=1e300")]
    [InlineData("TEXT cpu_utilization=1e300,rps_fractional=1e-300")]
    [InlineData("TEXT mem_utilization=0.3,rps_fractional=10")]
    [InlineData("JSON")]
    [InlineData("JSON []")]
    [InlineData("JSON {\"cpu_utilization\":0.3,\"rps_fractional\":10")]
    [InlineData("JSON {\"cpu_utilization\":0.3,\"rps_fractional\":10} x")]
    [InlineData("JSON {\"cpu_utilization\":\"NaN\",\"rps_fractional\":10}")]
    [InlineData("JSON {\"cpu_utilization\":1e999,\"rps_fractional\":10}")]
    [InlineData("JSON {\"\\ud800\":1,\"cpu_utilization\":-1,\"rps_fractional\":10}")]
    [InlineData("BIN not base64!")]
    [InlineData("BIN CZqZmQ==")]
    [InlineData("BIN Qv///////////wE=")]
    [InlineData("BIN CwwM")]
    public void Parse_OfWhatIsNoReport_IsNone(string text) => Assert.Null(LoadReportReader.Parse(text));

    [Fact]
    public void Parse_OfATextThatIsTooLong_IsNone()
    {
        var text = "TEXT cpu_utilization=0.3,rps_fractional=10" + string.Concat(Enumerable.Range(0, 1_000).Select(static i => $",named_metrics.m{i}=1"));

        Assert.Null(LoadReportReader.Parse(text));
        Assert.NotNull(LoadReportReader.Parse(text[..text.IndexOf(",named", StringComparison.Ordinal)]));
    }

    [Fact]
    public void Parse_OfAnything_NeverThrowsAndNeverYieldsAnUnusableReport() =>
        Gen.Select(Gen.OneOf(Gen.Const("TEXT "), Gen.Const("JSON "), Gen.Const("BIN "), Gen.Const("")), Gen.OneOf(Gen.String, Gen.String[Gen.Char["{}[]\":,=.0123456789eE-\\u cpu_tilzaonrsf"], 0, 60], Gen.Byte.Array[0, 60].Select(Convert.ToBase64String)))
            .Sample((form, text) => LoadReportReader.Parse(form + text) is not { } report || (double.IsFinite(report.Capacity()) && report.Capacity() > 0), iter: 20_000);

    [Fact]
    public void Read_FindsTheReportUnderEitherName()
    {
        using var response = new HttpResponseMessage();
        Assert.Null(LoadReportReader.Read(response.Headers));

        // Without padding, as gRPC may send it.
        response.Headers.TryAddWithoutValidation("endpoint-load-metrics-bin", Documented.TrimEnd('='));
        Assert.Equal(2, LoadReportReader.Read(response.Headers)?.RequestsPerSecond);

        response.Headers.TryAddWithoutValidation("Endpoint-Load-Metrics", "TEXT cpu_utilization=0.5,rps_fractional=3");
        Assert.Equal(3, LoadReportReader.Read(response.Headers)?.RequestsPerSecond);
    }
}
