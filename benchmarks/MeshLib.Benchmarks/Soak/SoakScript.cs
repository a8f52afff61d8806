using MeshLib.TestKit;
using Microsoft.Extensions.Configuration;

namespace MeshLib.Benchmarks;

/// <summary>The incidents of a soak, drawn from a seed: sickness, churn and changes of policy. At least half of the instances are always well and known.</summary>
internal sealed class SoakScript(IReadOnlyList<SoakInstance> instances, ManualEndpointSource source, IConfigurationRoot configuration, int seed)
{
    private readonly Random _random = new(seed);
    private string _last = "all well";

    /// <summary>Makes every instance known.</summary>
    public void Begin() => source.PublishAll("orders", instances.Select(instance => instance.Address));

    /// <summary>What is wrong now.</summary>
    public string State => $"{_last}; sick: {string.Join(", ", instances.Index().Where(each => each.Item.Sickness != Sickness.None).Select(each => $"{each.Index} {each.Item.Sickness}"))}";

    /// <summary>One incident, or the end of all.</summary>
    public void Next()
    {
        switch (_random.Next(6))
        {
            case 0:
                Heal();
                break;
            case 1:
                _last = Churn();
                break;
            case 2:
                _last = ChangePolicy();
                break;
            default:
                _last = Sicken();
                break;
        }
    }

    /// <summary>Makes every instance well and known.</summary>
    public void Heal()
    {
        foreach (var instance in instances)
        {
            instance.Sickness = Sickness.None;
        }

        Begin();
        _last = "all well";
    }

    private string Sicken()
    {
        var sick = instances.Where(instance => instance.Sickness != Sickness.None).ToList();
        if (sick.Count >= instances.Count / 3)
        {
            sick[_random.Next(sick.Count)].Sickness = Sickness.None;
        }

        var index = _random.Next(instances.Count);
        var sickness = (Sickness)_random.Next(1, Enum.GetValues<Sickness>().Length);
        instances[index].Sickness = sickness;
        return $"instance {index}: {sickness}";
    }

    private string Churn()
    {
        // One instance leaves the registry and comes back with the next churn or recovery.
        var absent = _random.Next(instances.Count);
        source.PublishAll("orders", instances.Where((_, index) => index != absent).Select(instance => instance.Address));
        return $"instance {absent} not registered";
    }

    private string ChangePolicy()
    {
        var timeout = TimeSpan.FromSeconds(_random.Next(5, 30));
        configuration["Mesh:Services:orders:Timeout"] = timeout.ToString();
        configuration["Mesh:Services:orders:LoadBalancing:Policy"] = _random.Next(2) == 0 ? "PeakEwma" : "LeastRequest";
        configuration.Reload();
        return $"policy: timeout {timeout}, {configuration["Mesh:Services:orders:LoadBalancing:Policy"]}";
    }
}
