namespace MeshLib.Testing;

/// <summary>A seeded sequence that many threads may draw from. A seeded <see cref="Random"/> is for one thread only, and the shared one has no seed.</summary>
internal sealed class RepeatableRandom(int seed) : Random(seed)
{
    private readonly Random _sequence = new(seed);
    private readonly Lock _drawing = new();

    public override int Next() => Draw(static sequence => sequence.Next());

    public override int Next(int maxValue) => Next(0, maxValue);

    public override int Next(int minValue, int maxValue)
    {
        lock (_drawing)
        {
            return _sequence.Next(minValue, maxValue);
        }
    }

    public override long NextInt64() => Draw(static sequence => sequence.NextInt64());

    public override long NextInt64(long maxValue) => NextInt64(0, maxValue);

    public override long NextInt64(long minValue, long maxValue)
    {
        lock (_drawing)
        {
            return _sequence.NextInt64(minValue, maxValue);
        }
    }

    public override float NextSingle() => Draw(static sequence => sequence.NextSingle());

    public override double NextDouble() => Draw(static sequence => sequence.NextDouble());

    public override void NextBytes(byte[] buffer) => NextBytes(buffer.AsSpan());

    public override void NextBytes(Span<byte> buffer)
    {
        lock (_drawing)
        {
            _sequence.NextBytes(buffer);
        }
    }

    protected override double Sample() => NextDouble();

    private T Draw<T>(Func<Random, T> draw)
    {
        lock (_drawing)
        {
            return draw(_sequence);
        }
    }
}
