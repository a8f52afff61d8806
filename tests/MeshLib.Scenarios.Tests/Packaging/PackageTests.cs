using System.IO.Compression;
using MeshLib.Scenarios.Tests.Documentation;

namespace MeshLib.Scenarios.Tests.Packaging;

/// <summary>What users really get: packages, made from this very build.</summary>
public sealed class PackageTests : IDisposable
{
    private static readonly string[] s_packages = ["MeshLib", "MeshLib.AspNetCore", "MeshLib.Consul", "MeshLib.OpenTelemetry", "MeshLib.Testing"];

#if DEBUG
    private const string Configuration = "Debug";
#else
    private const string Configuration = "Release";
#endif

    // A version of its own, because a package once restored is never looked at again.
    private readonly string _version = $"0.1.0-test{Guid.NewGuid():N}";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("meshlib-packages-");

    [Fact]
    public async Task Packages_AreWholeAndAProjectOutsideOfTheRepositoryMakesAMeshedCallWithThem()
    {
        var packages = _folder.CreateSubdirectory("packages").FullName;
        foreach (var package in s_packages)
        {
            await DotNet.RunAsync(Repository.Root, "pack", $"src/{package}", "--no-build", "-c", Configuration, "-o", packages, $"-p:Version={_version}");
            AssertIsWhole(package, packages);
        }

        var consumer = _folder.CreateSubdirectory("consumer").FullName;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests/MeshLib.Scenarios.Tests/Packaging/Consumer")))
        {
            File.Copy(file, Path.Combine(consumer, Path.GetFileName(file)));
        }

        string[] properties = [$"-p:MeshVersion={_version}", $"-p:MeshPackages={packages}"];
        await DotNet.RunAsync(consumer, ["build", .. properties]);
        var output = await DotNet.RunAsync(consumer, ["run", "--no-build", .. properties]);

        Assert.Equal(["200 order 1 from orders in 1 attempt(s)", "200 from the test"], output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        var cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        foreach (var restored in s_packages.Select(package => Path.Combine(cache, package.ToLowerInvariant(), _version)).Where(Directory.Exists))
        {
            Directory.Delete(restored, recursive: true);
        }
    }

    private void AssertIsWhole(string package, string folder)
    {
        using var archive = ZipFile.OpenRead(Path.Combine(folder, $"{package}.{_version}.nupkg"));
        var entries = archive.Entries.Select(static entry => entry.FullName).ToArray();
        Assert.Contains("README.md", entries);
        Assert.Contains($"lib/net10.0/{package}.dll", entries);
        Assert.Contains($"lib/net10.0/{package}.xml", entries);
        Assert.True(File.Exists(Path.Combine(folder, $"{package}.{_version}.snupkg")), $"{package} has no symbols.");
    }
}
