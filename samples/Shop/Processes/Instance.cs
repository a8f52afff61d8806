namespace Shop.Processes;

/// <summary>One running instance of a service.</summary>
internal sealed record Instance(string Service, string Name, string? Zone, ShopProcess Process, Uri Address);
