using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.TestKit.Headline;

/// <summary>One way to call <c>orders</c>: a column of the comparison.</summary>
/// <param name="Name">The column's heading.</param>
/// <param name="Options">Everything that differs from the defaults of the packages, and the defaults that decide.</param>
/// <param name="Configure">Registers the client named <c>orders</c> with <c>http://orders</c> as its base address. The second argument is true for the sequential workload, in which today's columns retry without delay.</param>
public sealed record HeadlineColumn(string Name, string Options, Func<IServiceCollection, bool, IHttpClientBuilder> Configure);
