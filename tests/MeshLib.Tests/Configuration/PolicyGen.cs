using CsCheck;

namespace MeshLib.Tests;

/// <summary>Random layers out of everything that validation lets through.</summary>
internal static class PolicyGen
{
    private static readonly string[] Methods = ["GET", "HEAD", "PUT", "DELETE", "PURGE"];
    private static readonly string[] GrpcMethods = ["/shop.Orders/Get", "/shop.Orders/List*", "/*"];
    private static readonly string[] HashKeys = ["header:x-user", "header:x-tenant", "cookie:session"];
    private static readonly string[] Balancers = [.. LoadBalancers.BuiltIn];

    private static readonly string[] Paths = ["off", "/health", "/ready?deep=1"];

    /// <summary>A layer with any of the options, each within its allowed range, its bounds more often than chance would have it.</summary>
    public static Gen<MeshPolicy> Layer { get; } = LayerOf(PolicyTable.Options);

    public static Gen<MeshPolicy> LayerOf(IEnumerable<PolicyOption> options) =>
        Sequence([.. options.Select(static option => Gen.Bool.SelectMany(set => set ? Setting(option) : Gen.Const<Action<MeshPolicy>>(static _ => { })))])
            .Select(static settings =>
            {
                var policy = new MeshPolicy();
                foreach (var set in settings)
                {
                    set(policy);
                }

                return policy;
            });

    private static Gen<Action<MeshPolicy>> Setting(PolicyOption option) => option switch
    {
        PolicyOption<TimeSpan> { Value: DurationValue range } duration => Set(duration, Within(range.Least.Ticks, range.Most.Ticks).Select(TimeSpan.FromTicks)),
        PolicyOption<int> { Value: NumberValue<int> range } number => Set(number, Within(range.Least, range.Most).Select(static value => (int)value)),
        PolicyOption<double> { Value: NumberValue<double> range } number => Set(number, Gen.Frequency((1, Gen.Const(range.Least)), (1, Gen.Const(range.Most)), (4, Gen.Double[range.Least, range.Most]), (range.OrOff ? 1 : 0, Gen.Const(0.0)))),
        PolicyOption<bool> flag => Set(flag, Gen.Bool),
        PolicyOption<MeshMode> mode => Set(mode, OneOf(Enum.GetValues<MeshMode>())),
        PolicyOption<string> { Value: PathValue } path => Set(path, OneOf(Paths)),
        PolicyOption<string> name => Set(name, OneOf(Balancers)),
        PolicyOption<IReadOnlyList<string>> names => Set(names, OneOf(NamesOf(names.Path)).Array[0, 4].Select(static list => (IReadOnlyList<string>)list)),
        _ => throw new InvalidOperationException($"Nobody says how to make values of {option.Path}."),
    };

    private static string[] NamesOf(string path) => path switch
    {
        "Retry:GrpcMethods" => GrpcMethods,
        "LoadBalancing:HashKey" => HashKeys,
        _ => Methods,
    };

    private static Gen<T> OneOf<T>(IReadOnlyList<T> values) => Gen.Int[0, values.Count - 1].Select(index => values[index]);

    private static Gen<long> Within(long least, long most) => Gen.Frequency((1, Gen.Const(least)), (1, Gen.Const(most)), (4, Gen.Long[least, most]));

    private static Gen<Action<MeshPolicy>> Set<T>(PolicyOption<T> option, Gen<T> values)
        where T : notnull => values.Select(value => (Action<MeshPolicy>)(policy => option.Set(policy, value)));

    private static Gen<List<Action<MeshPolicy>>> Sequence(IReadOnlyList<Gen<Action<MeshPolicy>>> parts) =>
        parts.Aggregate(Gen.Const(() => new List<Action<MeshPolicy>>()), static (list, part) => list.SelectMany(done => part.Select(next => new List<Action<MeshPolicy>>(done) { next })));
}
