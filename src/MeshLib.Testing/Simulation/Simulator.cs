using System.Runtime.ExceptionServices;

namespace MeshLib.Testing.Simulation;

/// <summary>
/// Runs clients against a fleet of servers in virtual time: the classes of production, one thread, every source of chance seeded. A run of hours takes seconds, and the same seed gives the same
/// run to the last bit. Runs share nothing, so any number of them may go on at once.
/// </summary>
public static class Simulator
{
    /// <summary>What is still under way when no more requests come has this long to end.</summary>
    private static readonly TimeSpan Aftermath = TimeSpan.FromMinutes(2);

    /// <summary>Runs a scenario once.</summary>
    /// <param name="scenario">The fleet, its faults and its load.</param>
    /// <param name="client">Who sends the requests.</param>
    /// <param name="seed">Decides everything that is left to chance. Print it when an expectation fails; <see cref="SimulationResult.ToString"/> does.</param>
    /// <exception cref="ArgumentException">A value of the scenario is out of its range.</exception>
    public static SimulationResult Run(SimulationScenario scenario, SimulatedClient client, int seed)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentNullException.ThrowIfNull(client);
        scenario.Validate();
        SimulationResult? result = null;
        ExceptionDispatchInfo? failure = null;

        // A thread of its own: the caller's may have a synchronization context or a task scheduler, and either would send continuations elsewhere.
        var thread = new Thread(() =>
        {
            try
            {
                result = RunHere(scenario, client, new SimulationSeed(seed));
            }
#pragma warning disable CA1031 // It is thrown where it belongs.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        })
        { IsBackground = true, Name = nameof(Simulator) };
        thread.UnsafeStart();
        thread.Join();
        failure?.Throw();
        return result!;
    }

    private static SimulationResult RunHere(SimulationScenario scenario, SimulatedClient client, SimulationSeed seed)
    {
        var run = new SimulationRun(scenario, seed);
        using var sender = client.CreateSender(run);
        var arrivals = new ArrivalProcess(scenario, seed);
        while (arrivals.TryNext(out var request))
        {
            run.Time.AdvanceTo(request.At);
            run.Recorder.Begin();
            sender.Send(request);
        }

        var end = scenario.Duration + Aftermath;
        while (run.Recorder.Open > 0 && run.Time.Elapsed < end)
        {
            run.Time.AdvanceTo(run.Time.Elapsed + scenario.Interval);
        }

        sender.Verify();
        return run.Recorder.ToResult(client.Name, seed.Value);
    }
}
