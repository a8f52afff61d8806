namespace MeshLib;

/// <summary>A <see cref="PolicyOption"/> whose values are of type <typeparamref name="T"/>: what it may be, and where it stands in a layer and in the effective policy.</summary>
internal sealed class PolicyOption<T>(string path, OptionScope scope, string description, OptionValue<T> value, LayerSlot<T> layerSlot, EffectiveSlot<T> slot)
    : PolicyOption(path, scope, description)
    where T : notnull
{
    public OptionValue<T> Value => value;

    public override string Kind => value.Kind;

    public override string Allowed => value.Allowed;

    public override string BuiltIn => Print(new EffectivePolicy());

    public override bool IsList => value.IsList;

    public T Get(EffectivePolicy policy) => slot.Get(policy);

    public EffectivePolicy With(EffectivePolicy policy, T to) => slot.With(policy, to);

    public void Set(MeshPolicy policy, T to) => layerSlot.Set(policy, to);

    public override bool IsSet(MeshPolicy policy) => layerSlot.Get(policy) is not null;

    public override bool TryParse(IReadOnlyList<string> texts, MeshPolicy into)
    {
        if (!value.TryParse(texts, out var parsed))
        {
            return false;
        }

        layerSlot.Set(into, parsed);
        return true;
    }

    public override IReadOnlyList<string>? Print(MeshPolicy policy) => layerSlot.Get(policy) is T set ? value.Print(set) : null;

    public override string Print(EffectivePolicy policy) => string.Join(", ", value.Print(slot.Get(policy)));

    public override bool Allows(MeshPolicy policy) => layerSlot.Get(policy) is not T set || value.Allows(set);

    public override void Copy(MeshPolicy from, MeshPolicy into)
    {
        if (layerSlot.Get(from) is T set)
        {
            layerSlot.Set(into, set);
        }
    }

    public override EffectivePolicy Apply(MeshPolicy layer, EffectivePolicy policy) => layerSlot.Get(layer) is T set ? slot.With(policy, set) : policy;

    public override bool Same(EffectivePolicy one, EffectivePolicy other) => EqualityComparer<T>.Default.Equals(slot.Get(one), slot.Get(other));
}

/// <summary>Where an option stands in a layer; what is read is a <typeparamref name="T"/>, or <see langword="null"/> when it is not set.</summary>
internal sealed record LayerSlot<T>(Func<MeshPolicy, object?> Get, Action<MeshPolicy, T> Set);

/// <summary>Where an option stands in the effective policy.</summary>
internal sealed record EffectiveSlot<T>(Func<EffectivePolicy, T> Get, Func<EffectivePolicy, T, EffectivePolicy> With);
