namespace MeshLib.AspNetCore.Tests;

public class Placeholder
{
    [Fact]
    public void Runs() => Assert.NotNull(typeof(Placeholder));
}
