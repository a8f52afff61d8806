namespace MeshLib.Testing.Simulation;

/// <summary>The seed of a run, and the independent sources of chance that are made of it: what one draws does not move what another one draws.</summary>
internal readonly record struct SimulationSeed(int Value)
{
    public Random Stream(string purpose, int index = 0)
    {
        // FNV-1a over all three; HashCode would differ from process to process.
        var hash = 2166136261u;
        foreach (var character in purpose)
        {
            hash = (hash ^ character) * 16777619;
        }

        foreach (var number in (ReadOnlySpan<int>)[index, Value])
        {
            for (var shift = 0; shift < 32; shift += 8)
            {
                hash = (hash ^ (uint)((number >> shift) & 255)) * 16777619;
            }
        }

        return new SeededRandom(hash);
    }
}
