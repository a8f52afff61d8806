using MeshLib.TestKit;
using MeshLib.Tests.Calls;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Verdicts;

/// <summary>Answers that the application calls failures.</summary>
public class FailurePredicateTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task AnswerThatThePredicateRejects_IsAFailureOfTheEndpoint_AndTriedElsewhere()
    {
        await using var mesh = await StartAsync(static response => response.Content.Headers.ContentType?.MediaType == "text/html");
        var sick = VirtualMesh.Address(1);
        mesh.Transport.Answer(request => ScriptedTransport.Response(200, "", ("Content-Type", request.Endpoint == sick ? "text/html" : "application/json")));

        for (var call = 0; call < 40; call++)
        {
            using var response = await mesh.AdvanceUntilEndedAsync(mesh.GetAsync());
            Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        }

        Assert.True(mesh.Meters.Count("mesh.client.attempt.duration", ("outcome", "disapproved")) >= 1);
        Assert.Equal(mesh.Transport.AttemptsTo(sick), mesh.Meters.Count("mesh.client.attempt.duration", ("outcome", "disapproved")));
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task AnswerThatCannotBeRepeated_IsHandedBackAsItCame()
    {
        await using var mesh = await StartAsync(static _ => true);
        mesh.Transport.AnswerWith(200, "as it came");

        using var response = await mesh.SendAsync(VirtualMesh.Request("POST")).WithinHangLimit();

        Assert.Equal("as it came", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(OutcomeReason.Disapproved, response.GetMeshReport()!.Reason);
    }

    [Fact]
    public async Task PredicateThatThrows_LeavesTheWordToTheStatus()
    {
        await using var mesh = await StartAsync(static _ => throw new InvalidOperationException("A predicate's own fault."));
        mesh.Transport.AnswerWith(200);

        (await mesh.GetAsync().WithinHangLimit()).Dispose();
        (await mesh.GetAsync().WithinHangLimit()).Dispose();

        Assert.Equal(2, mesh.Meters.Count("mesh.client.request.duration", ("outcome", "ok")));
        Assert.Equal(2, mesh.Meters.Sum("mesh.internal_errors", ("where", "predicate")));
        Assert.Single(mesh.Logs.WithEvent(211));
    }

    [Fact]
    public async Task Predicate_JudgesItsOwnServiceAlone_AndOnlyWhatTheStatusMakesASuccess()
    {
        var asked = 0;
        await using var mesh = await VirtualMesh.StartAsync(_time, static policy => policy.Retry.MaxAttempts = 1, services: services => services.AddMesh()
            .AddFailurePredicate("ORDERS", _ => ++asked == 0).AddFailurePredicate("stock", static _ => true));
        mesh.Transport.AnswerWith(503);
        (await mesh.GetAsync().WithinHangLimit()).Dispose();
        Assert.Equal(0, asked);

        mesh.Transport.AnswerWith(200);
        using var response = await mesh.GetAsync().WithinHangLimit();

        Assert.Equal((1, OutcomeReason.Ok), (asked, response.GetMeshReport()!.Reason));
    }

    private Task<VirtualMesh> StartAsync(Func<HttpResponseMessage, bool> isFailure) =>
        VirtualMesh.StartAsync(_time, services: services => services.AddMesh().AddFailurePredicate(VirtualMesh.Orders, isFailure));
}
