using Shop.Incidents;
using Shop.Measurement;

namespace Shop.Report;

/// <summary>The figures so far. Written by the run, read by whoever shows it.</summary>
internal sealed class Scoreboard(IReadOnlyList<Incident> incidents, IReadOnlyList<Stack> stacks)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(Incident, Stack), Figures> _figures = [];
    private (Incident Incident, Stack Stack, CallRecorder Recorder)? _running;

    public event Action<Incident, Stack, Figures>? Ended;

    public IReadOnlyList<Incident> Incidents => incidents;

    public IReadOnlyList<Stack> Stacks => stacks;

    public void Begin(Incident incident, Stack stack, CallRecorder recorder)
    {
        lock (_gate)
        {
            _running = (incident, stack, recorder);
        }
    }

    public void End(Incident incident, Stack stack, Figures figures)
    {
        lock (_gate)
        {
            _running = null;
            _figures[(incident, stack)] = figures;
        }

        Ended?.Invoke(incident, stack, figures);
    }

    /// <summary>The final figures of one stack in one incident; null before they are known.</summary>
    public Figures? Find(Incident incident, Stack stack)
    {
        lock (_gate)
        {
            return _figures.GetValueOrDefault((incident, stack));
        }
    }

    /// <summary>The final figures of the stack that the others are compared with; null while it has none.</summary>
    public Figures? FindMesh(Incident incident) => stacks.FirstOrDefault(stack => stack.Name == "mesh") is { } mesh ? Find(incident, mesh) : null;

    /// <summary>What is being measured at this moment, if it is this.</summary>
    public CallRecorder? FindRunning(Incident incident, Stack stack)
    {
        lock (_gate)
        {
            return _running is { } running && running.Incident == incident && running.Stack == stack ? running.Recorder : null;
        }
    }
}
