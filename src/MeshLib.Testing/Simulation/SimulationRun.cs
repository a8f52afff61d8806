namespace MeshLib.Testing.Simulation;

/// <summary>One run: a scenario, its time, its servers and what is seen of it.</summary>
internal sealed class SimulationRun
{
    public SimulationRun(SimulationScenario scenario, SimulationSeed seed)
    {
        Scenario = scenario;
        Seed = seed;
        Time = new VirtualTime();
        Fleet = new Fleet(scenario, Time, seed);
        Recorder = new CallRecorder(scenario, Time, Fleet);
    }

    public SimulationScenario Scenario { get; }

    public SimulationSeed Seed { get; }

    public VirtualTime Time { get; }

    public Fleet Fleet { get; }

    public CallRecorder Recorder { get; }
}
