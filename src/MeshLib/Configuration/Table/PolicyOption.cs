namespace MeshLib;

/// <summary>One option of a policy, with all that is to be known about it; see <see cref="PolicyTable"/>.</summary>
internal abstract class PolicyOption(string path, OptionScope scope, string description)
{
    /// <summary>Its place below a policy's section: <c>Retry:Budget:Ratio</c>.</summary>
    public string Path => path;

    public OptionScope Scope => scope;

    public string Description => description;

    /// <summary>What a value is, for messages.</summary>
    public abstract string Kind { get; }

    /// <summary>Which values are allowed, for messages and the table of options.</summary>
    public abstract string Allowed { get; }

    /// <summary>The built-in default, as configuration would write it.</summary>
    public abstract string BuiltIn { get; }

    public abstract bool IsList { get; }

    public abstract bool IsSet(MeshPolicy policy);

    /// <summary>Sets the option from configuration text; <see langword="false"/> when the text means nothing.</summary>
    public abstract bool TryParse(IReadOnlyList<string> texts, MeshPolicy into);

    /// <summary>The value as configuration would write it, one text or the items of a list; <see langword="null"/> when it is not set.</summary>
    public abstract IReadOnlyList<string>? Print(MeshPolicy policy);

    public abstract string Print(EffectivePolicy policy);

    /// <summary>Whether the value, if one is set, is an allowed one.</summary>
    public abstract bool Allows(MeshPolicy policy);

    /// <summary>Sets the option in <paramref name="into"/> if it is set in <paramref name="from"/>.</summary>
    public abstract void Copy(MeshPolicy from, MeshPolicy into);

    /// <summary><paramref name="policy"/> with the value of <paramref name="layer"/>, which has one.</summary>
    public abstract EffectivePolicy Apply(MeshPolicy layer, EffectivePolicy policy);

    public abstract bool Same(EffectivePolicy one, EffectivePolicy other);
}
