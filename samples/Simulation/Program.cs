using MeshLib.Testing.Simulation;
using Microsoft.Extensions.Configuration;
using Simulation;

if (SimulationArguments.Parse(args) is not { } arguments)
{
    Console.Error.WriteLine(SimulationArguments.Usage);
    return 2;
}

// The policy is what an appsettings.json of the caller holds, the script what happens to the instances that it calls.
var policy = new ConfigurationBuilder().AddJsonFile(Path.GetFullPath(arguments.Policy), optional: false).Build();
var script = FaultScript.Read(arguments.Script);
var result = Simulator.Run(script, SimulatedClient.Mesh(arguments.Service, policy, name: Path.GetFileName(arguments.Policy)), arguments.Seed);

Console.WriteLine(result);
TimelinePlot.Save(result, arguments.Output);
Console.WriteLine($"success, latency and share over time: {arguments.Output}");
return 0;
