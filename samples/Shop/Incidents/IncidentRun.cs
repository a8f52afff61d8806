using Shop.Measurement;
using Shop.Processes;
using Shop.Registry;
using Shop.Report;

namespace Shop.Incidents;

/// <summary>Plays each incident once for each stack, one at a time, the order of the stacks turning so that none is always first.</summary>
internal sealed class IncidentRun(Fleet fleet, IRegistry registry, Scoreboard scoreboard, TimeProvider time)
{
    private static readonly TimeSpan Rehearsal = TimeSpan.FromSeconds(1);

    public async Task PlayAsync(CancellationToken cancellationToken)
    {
        // A process that has just started would charge its compiler to whichever stack comes first.
        foreach (var stack in scoreboard.Stacks)
        {
            await MeasureAsync(new Healthy(), stack, Rehearsal, new CallRecorder(), cancellationToken);
        }

        for (var i = 0; i < scoreboard.Incidents.Count; i++)
        {
            var incident = scoreboard.Incidents[i];
            for (var turn = 0; turn < scoreboard.Stacks.Count; turn++)
            {
                var stack = scoreboard.Stacks[(i + turn) % scoreboard.Stacks.Count];
                var recorder = new CallRecorder();
                scoreboard.Begin(incident, stack, recorder);
                scoreboard.End(incident, stack, await MeasureAsync(incident, stack, incident.Load, recorder, cancellationToken));
            }
        }
    }

    private async Task<Figures> MeasureAsync(Incident incident, Stack stack, TimeSpan duration, CallRecorder recorder, CancellationToken cancellationToken)
    {
        await using var services = stack.Build(registry);
        using var client = Stack.CreateClient(services);
        var loop = new OpenLoop(client, time);
        await loop.RunAsync(LoadPlan.WarmUp, Task.CompletedTask, new CallRecorder(), cancellationToken);

        var received = fleet.Received(LoadPlan.Service);
        var scene = new Scene(fleet, registry, time, cancellationToken);
        var play = Task.Run(() => incident.PlayAsync(scene), cancellationToken);
        var load = loop.RunAsync(duration, play, recorder, cancellationToken);

        // Both, whatever becomes of the other: an interrupted script must not start a process that nobody ends.
        await Task.WhenAll(play, load);
        var figures = recorder.Figures(fleet.Received(LoadPlan.Service) - received) with { ToStruck = scene.ShareOfStruck };
        await incident.RepairAsync(scene);
        return figures;
    }
}
