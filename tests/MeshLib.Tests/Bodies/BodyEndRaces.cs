using MeshLib.TestKit;
using MeshLib.Tests.Calls;

namespace MeshLib.Tests.Bodies;

/// <summary>A body that is read, disposed, cut off and turned into a stream at the same moment ends once.</summary>
public class BodyEndRaces
{
    private const int Rounds = 10_000;
    private const int Batch = 20;

    [Fact]
    public async Task BodyWhoseEndsRace_GivesEachPlaceBackExactlyOnce()
    {
        await using var mesh = await VirtualMesh.StartAsync(new OddClock(), policy =>
        {
            policy.Bulkhead.MaxConcurrency = Batch;
            policy.Bulkhead.MaxStreams = Batch / 2;
        });
        mesh.Transport.AnswersAsynchronously = false;
        mesh.Transport.Answer(_ => ScriptedTransport.Response(200, ScriptedBody.Of("whole").WithoutLength()));
        var random = new Random(4711);

        for (var round = 0; round < Rounds; round += Batch)
        {
            var responses = new List<HttpResponseMessage>();
            for (var number = 0; number < Batch; number++)
            {
                using var request = VirtualMesh.Request();
                if (random.Next(3) == 0)
                {
                    request.SetMeshDeadline(TimeSpan.FromMilliseconds(1_000));
                }

                responses.Add(await mesh.SendAsync(request));
            }

            // All of them become streams, or are cut, about when they are read and disposed.
            await Task.WhenAll(
                Task.Run(() => mesh.Advance(1_001)),
                Task.Run(async () =>
                {
                    foreach (var response in responses)
                    {
                        await Record.ExceptionAsync(() => response.Content.ReadAsByteArrayAsync());
                    }
                }),
                Task.Run(() => responses.ForEach(response => response.Dispose())),
                Task.Run(() => responses.ForEach(response => response.Dispose()))).WithinHangLimit();

            // One that was given back too often would show here as room for more than there may be, one that was not as a call refused in the next round.
            await Eventually.EqualsAsync((0, 0), () => (mesh.Service.Bulkhead.InUse, mesh.Service.Bulkhead.Streams));
        }

        await mesh.AssertIdleAsync();
    }
}
