using CsCheck;

namespace MeshLib.Testing.Tests.Hosting;

public sealed class RepeatableRandomTests
{
    [Fact]
    public void Draws_AreThoseOfASeededRandomOfOneThread() => Gen.Int.Sample(static seed =>
    {
        var (random, reference) = (new RepeatableRandom(seed), new Random(seed));
        var (bytes, expected) = (new byte[5], new byte[5]);

        Assert.Equal(reference.Next(), random.Next());
        Assert.Equal(reference.Next(17), random.Next(17));
        Assert.Equal(reference.Next(-5, 5), random.Next(-5, 5));
        Assert.Equal(reference.NextInt64(), random.NextInt64());
        Assert.Equal(reference.NextInt64(1L << 40), random.NextInt64(1L << 40));
        Assert.Equal(reference.NextInt64(-1L << 40, 1L << 40), random.NextInt64(-1L << 40, 1L << 40));
        Assert.Equal(reference.NextSingle(), random.NextSingle());
        Assert.Equal(reference.NextDouble(), random.NextDouble());
        reference.NextBytes(expected);
        random.NextBytes(bytes);
        Assert.Equal(expected, bytes);
    });

    [Fact]
    public void Draws_OfManyThreads_AreTogetherThoseOfOne()
    {
        var (random, reference) = (new RepeatableRandom(1), new Random(1));
        var drawn = new int[10_000];

        Parallel.For(0, drawn.Length, index => drawn[index] = random.Next());

        Assert.Equal(Enumerable.Range(0, drawn.Length).Select(_ => reference.Next()).Order(), drawn.Order());
    }
}
