using Shop.Incidents;
using Shop.Measurement;
using Shop.Report;

namespace Shop.Tests;

public class VerdictTests
{
    [Theory]
    [InlineData("one-503", 1000, true)]
    [InlineData("one-503", 999, true)]
    [InlineData("one-503", 998, false)]
    [InlineData("rolling-restart", 1000, true)]
    [InlineData("rolling-restart", 999, false)]
    [InlineData("consul-stopped", 999, false)]
    [InlineData("all-flaky", 0, true)]
    public void Demand_IsThatOfTheIncident(string incident, int succeededOf1000, bool passed)
    {
        var scoreboard = Board(incident, Figures(succeededOf1000));

        Assert.Equal(passed, new Verdict(scoreboard).Passed);
    }

    [Theory]
    [InlineData("one-fast-500", 0.9, true)]
    [InlineData("one-fast-500", 1.1, false)]
    [InlineData("one-slow", 9.9, true)]
    [InlineData("one-slow", 10.1, false)]
    [InlineData("one-503", 100, true)]
    public void TheStruckInstance_IsToBeKeptAwayFrom(string incident, double toStruck, bool passed) =>
        Assert.Equal(passed, new Verdict(Board(incident, Figures(1000) with { ToStruck = toStruck })).Passed);

    [Fact]
    public void Incident_ThatWasNotMeasured_IsNotMet() => Assert.False(new Verdict(new Scoreboard(IncidentScript.All, Stack.All)).Passed);

    [Theory]
    [InlineData(1000, 20.0, 1000, "as good")]
    [InlineData(1000, 100.0, 1000, "p99 5.0 × as long")]
    [InlineData(900, 20.0, 900, "10.0 points fewer succeed")]
    [InlineData(1000, 20.0, 1500, "more attempts")]
    public void Comparison_SaysOnlyWhatTheFiguresSay(int succeeded, double p99, long attempts, string words) =>
        Assert.Equal(words, Comparison.Of(new Figures(1000, succeeded, 10, p99, attempts, new Dictionary<string, int>()), Figures(1000)));

    [Fact]
    public void Comparison_SaysWhereAnotherStackDoesBetter() =>
        Assert.Equal("better: 10.0 points more succeed", Comparison.Of(Figures(1000), Figures(900)));

    [Fact]
    public void Comparison_SaysHowMuchMoreTheStruckInstanceGets() =>
        Assert.Equal("28.3 points more to the struck", Comparison.Of(Figures(1000) with { ToStruck = 33.3 }, Figures(1000) with { ToStruck = 5 }));

    private static Figures Figures(int succeeded) => new(1000, succeeded, 10, 20, 1000, new Dictionary<string, int>());

    private static Scoreboard Board(string name, Figures mesh)
    {
        var incident = IncidentScript.All.Single(incident => incident.Name == name);
        var scoreboard = new Scoreboard([incident], Stack.All);
        foreach (var stack in Stack.All)
        {
            scoreboard.End(incident, stack, stack.Name == "mesh" ? mesh : Figures(0));
        }

        return scoreboard;
    }
}
