namespace Shop.Registry;

/// <summary>What an instance tells the memory registry about itself.</summary>
internal sealed record MemoryInstance(string Id, string Service, Uri Address, string? Zone);

/// <summary>The instances of one service, and the generation of the list.</summary>
internal sealed record MemoryList(long Generation, IReadOnlyList<MemoryInstance> Instances);
