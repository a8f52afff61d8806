using Microsoft.Extensions.Configuration;

namespace MeshLib.Tests.Discovery;

/// <summary>A configuration source whose keys can be set and taken away while it is in use.</summary>
internal sealed class EditableFile : ConfigurationProvider, IConfigurationSource
{
    public string this[string key]
    {
        set
        {
            Set(key, value);
            OnReload();
        }
    }

    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    public void Remove(string key)
    {
        Data.Remove(key);
        OnReload();
    }
}
