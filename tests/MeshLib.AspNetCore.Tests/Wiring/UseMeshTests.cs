using MeshLib.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.AspNetCore.Tests.Wiring;

public class UseMeshTests
{
    [Fact]
    public async Task UseMesh_WhenCalledTwice_FailsTheStart()
    {
        await using var app = Build();
        app.UseMesh();

        Assert.Contains("has been called before", Assert.Throws<InvalidOperationException>(() => app.UseMesh()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UseMesh_WhenAfterAuthentication_FailsTheStart()
    {
        await using var app = Build(static services => services.AddAuthentication());
        app.UseAuthentication();

        Assert.Contains("before UseAuthentication()", Assert.Throws<InvalidOperationException>(() => app.UseMesh()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UseMesh_WhenAfterAuthorization_FailsTheStart()
    {
        await using var app = Build(static services => services.AddAuthorization());
        app.UseAuthorization();

        Assert.Throws<InvalidOperationException>(() => app.UseMesh());
    }

    [Fact]
    public async Task UseMesh_WhenBeforeAuthentication_Starts()
    {
        await using var app = await TestApplication.StartAsync(
            new FakeTimeProvider(),
            static services => services.AddAuthentication(),
            static app =>
            {
                app.UseMesh();
                app.UseAuthentication();
            });
        using var response = await app.GetAsync("mesh-timeout", "1S");

        Assert.Empty(app.Logs.WithEvent(603));
    }

    [Fact]
    public async Task UseMesh_WhenAnExceptionHandlerStandsAfterIt_FailsTheStart()
    {
        await using var app = Build();
        app.UseMesh();
        app.UseExceptionHandler("/error");

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => app.StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains("UseExceptionHandler() stands after UseMesh()", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UseMesh_WhenAnExceptionHandlerStandsBeforeIt_Starts()
    {
        await using var app = await TestApplication.StartAsync(
            new FakeTimeProvider(),
            static _ => { },
            static app => app.UseExceptionHandler("/error").UseStatusCodePages().UseMesh());
        using var response = await app.GetAsync("mesh-timeout", "0m");

        Assert.Equal(System.Net.HttpStatusCode.GatewayTimeout, response.StatusCode);
    }

    [Fact]
    public async Task UseMesh_WhenTheApplicationItselfPutsAuthenticationFirst_SaysOnceWhatToDo()
    {
        // Nobody calls UseAuthentication(): the application puts it before everything.
        await using var app = await TestApplication.StartAsync(new FakeTimeProvider(), static services => services.AddAuthentication(), static app => app.UseMesh());
        using var first = await app.GetAsync("mesh-timeout", "1S");
        using var second = await app.GetAsync("mesh-timeout", "1S");

        Assert.Contains("app.UseAuthentication()", Assert.Single(app.Logs.WithEvent(603)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UseMesh_WithoutAddMesh_SaysWhatIsMissing()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseTestServer();
        await using var app = builder.Build();

        Assert.Contains("AddMesh()", Assert.Throws<InvalidOperationException>(() => app.UseMesh()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UseMesh_WhenTheSectionHoldsMistakes_NamesThemAll()
    {
        await using var app = Build(
            null,
            ("Mesh:Server:Deadline", "Enforced"),
            ("Mesh:Server:MaxDeadline", "30"),
            ("Mesh:Server:MaxDedline", "00:00:30"));
        var failures = Assert.ThrowsAny<OptionsValidationException>(() => app.UseMesh()).Failures.ToList();

        Assert.Equal(3, failures.Count);
        Assert.Contains("Mesh:Server:MaxDedline is not known. Did you mean MaxDeadline?", failures);
        Assert.Contains("Mesh:Server:Deadline = Enforced is not one of the names; allowed is Enforce, Observe, Off.", failures);
        Assert.Contains(failures, static failure => failure.StartsWith("Mesh:Server:MaxDeadline = 30 is not a duration", StringComparison.Ordinal));
    }

    [Fact]
    public async Task UseMesh_WhenOtherSectionsHoldMistakesToo_NamesThemAllAtOnce()
    {
        await using var app = Build(null, ("Mesh:Server:Deadline", "Enforced"), ("Mesh:Defaults:Timeout", "soon"));

        var mistakes = Assert.ThrowsAny<OptionsValidationException>(() => app.UseMesh());

        Assert.Equal(["Mesh:Defaults:Timeout", "Mesh:Server:Deadline"], mistakes.Failures.Select(static failure => failure.Split(' ')[0]));
        Assert.Equal(mistakes.Failures, mistakes.Message.Split(Environment.NewLine)[1..]);
    }

    [Theory]
    [InlineData("00:00:00")]
    [InlineData("-00:00:01")]
    [InlineData("25.00:00:00")]
    public async Task UseMesh_WhenMaxDeadlineIsOutOfRange_NamesTheRange(string value)
    {
        await using var app = Build(null, ("Mesh:Server:MaxDeadline", value));

        Assert.Contains(
            "allowed is 00:00:00.001 to 24.00:00:00",
            Assert.Single(Assert.ThrowsAny<OptionsValidationException>(() => app.UseMesh()).Failures),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task UseMesh_OnTheTestServer_Works()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseTestServer();
        builder.Services.AddMesh();
        await using var app = builder.Build();
        app.UseMesh();
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var client = app.GetTestClient();
        client.DefaultRequestHeaders.Add("mesh-timeout", "0m");
        using var response = await client.GetAsync("/", TestContext.Current.CancellationToken);

        Assert.Equal(System.Net.HttpStatusCode.GatewayTimeout, response.StatusCode);
    }

    private static WebApplication Build(Action<IServiceCollection>? services = null, params (string Key, string? Value)[] configuration) =>
        TestApplication.Build(new FakeTimeProvider(), new RecordedLogs(), services ?? (static _ => { }), configuration);
}
