using Shop.Arguments;
using Shop.Incidents;

namespace Shop.Tests;

public class ShopArgumentsTests
{
    [Fact]
    public void NoArguments_PlayEverythingAndLeaveTheRegistryToTheMachine()
    {
        Assert.Equal(new ShopArguments(), ShopArguments.Parse([]));
    }

    [Fact]
    public void EveryOption_IsTaken()
    {
        var report = Path.Combine(Path.GetTempPath(), "r.json");

        var parsed = ShopArguments.Parse(["--registry", "memory", "--incident", "one-503", "--report", report, "--serve"]);

        Assert.Equal((RegistryKind.Memory, "one-503", report, true), (parsed.Registry, parsed.Incident?.Name, parsed.Report, parsed.Serve));
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    public void Help_IsWanted(string option) => Assert.True(ShopArguments.Parse([option]).HelpWanted);

    [Theory]
    [InlineData("'--verbose' is not an option", "--verbose")]
    [InlineData("--registry needs a value", "--registry")]
    [InlineData("--report needs a value", "--report", "--serve")]
    [InlineData("the registries are consul and memory", "--registry", "etcd")]
    [InlineData("the incidents are healthy, one-503", "--incident", "flood")]
    [InlineData("a file in an existing folder is needed", "--report", "/no/such/folder/r.json")]
    public void Mistake_IsSaidWithWhatIsAllowed(string message, params string[] args) =>
        Assert.Contains(message, Assert.Throws<UsageException>(() => ShopArguments.Parse(args)).Message, StringComparison.Ordinal);

    [Fact]
    public void Script_HoldsTheIncidentsThatTheReadmePromises() => Assert.Equal(
        ["healthy", "one-503", "one-killed", "zone-lost", "one-fast-500", "one-slow", "one-hangs", "rolling-restart", "consul-stopped", "all-flaky"],
        IncidentScript.All.Select(static incident => incident.Name));
}
