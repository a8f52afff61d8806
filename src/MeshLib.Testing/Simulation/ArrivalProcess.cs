using System.Globalization;

namespace MeshLib.Testing.Simulation;

/// <summary>Draws the requests of a run one after the other: the same for the same seed, whoever balances.</summary>
internal sealed class ArrivalProcess(SimulationScenario scenario, SimulationSeed seed)
{
    private readonly Random _random = seed.Stream("arrivals");
    private readonly Random _keys = seed.Stream("keys");
    private double _at;

    /// <summary>The next request; <see langword="false"/> when no more come.</summary>
    public bool TryNext(out SimulatedRequest request)
    {
        request = default;
        if (!TryAdvance())
        {
            return false;
        }

        var client = scenario.Clients == 1 ? 0 : _random.Next(scenario.Clients);
        request = new(VirtualTime.TimestampOf(TimeSpan.FromTicks((long)(_at * TimeSpan.TicksPerSecond))), client, scenario.Work.Next(_random), NextKey());
        return true;
    }

    private string? NextKey() => scenario.HashKeys == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"key-{_keys.Next(scenario.HashKeys)}");

    private bool TryAdvance()
    {
        // In units of the mean gap, of which each phase uses up its share: at the end of a phase the rest is stretched to the next one's rate.
        var left = scenario.Arrivals == ArrivalPattern.Poisson ? -Math.Log(1 - _random.NextDouble()) : 1;
        for (var i = PhaseAt(_at); i < scenario.Load.Count; i++)
        {
            var phase = scenario.Load[i];
            var begin = Math.Max(_at, phase.From.TotalSeconds);
            var end = i + 1 < scenario.Load.Count ? scenario.Load[i + 1].From.TotalSeconds : scenario.Duration.TotalSeconds;
            var at = phase.RequestsPerSecond > 0 ? begin + (left / phase.RequestsPerSecond) : double.PositiveInfinity;
            if (at < end)
            {
                _at = at;
                return at < scenario.Duration.TotalSeconds;
            }

            left -= (end - begin) * phase.RequestsPerSecond;
            _at = end;
        }

        return false;
    }

    private int PhaseAt(double seconds)
    {
        var phase = 0;
        while (phase + 1 < scenario.Load.Count && scenario.Load[phase + 1].From.TotalSeconds <= seconds)
        {
            phase++;
        }

        return phase;
    }
}
