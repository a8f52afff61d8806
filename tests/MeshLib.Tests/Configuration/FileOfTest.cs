using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Primitives;

namespace MeshLib.Tests;

/// <summary>A JSON file in memory behind the real JSON provider, which hears of every write at once.</summary>
internal sealed class FileOfTest : IFileProvider
{
    private string? _content;
    private ConfigurationReloadToken _changed = new();

    public FileOfTest(string content, bool optional = true)
    {
        _content = content;
        Provider = new(new JsonConfigurationSource { FileProvider = this, Path = "appsettings.json", ReloadOnChange = true, ReloadDelay = 0, Optional = optional });
    }

    public JsonConfigurationProvider Provider { get; }

    /// <summary>Replaces the content; <see langword="null"/> removes the file.</summary>
    public void Write(string? content)
    {
        _content = content;
        var changed = Interlocked.Exchange(ref _changed, new());
        try
        {
            changed.OnReload();
        }
        catch (AggregateException)
        {
            // What the provider throws at its watcher when the text is malformed; on a real file nobody sees it.
        }
    }

    public IFileInfo GetFileInfo(string subpath) => _content is null ? new NotFoundFileInfo(subpath) : new File(_content);

    public IDirectoryContents GetDirectoryContents(string subpath) => NotFoundDirectoryContents.Singleton;

    public IChangeToken Watch(string filter) => _changed;

    private sealed class File(string content) : IFileInfo
    {
        private readonly byte[] _bytes = Encoding.UTF8.GetBytes(content);

        public bool Exists => true;

        public long Length => _bytes.Length;

        public string? PhysicalPath => null;

        public string Name => "appsettings.json";

        public DateTimeOffset LastModified => default;

        public bool IsDirectory => false;

        public Stream CreateReadStream() => new MemoryStream(_bytes);
    }
}
