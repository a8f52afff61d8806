using Microsoft.Extensions.Options;

namespace MeshLib;

/// <summary>Every mistake in the options of the mesh, one to a line: the stock message puts them all on one.</summary>
internal sealed class MeshOptionsException(IReadOnlyCollection<string> mistakes) : OptionsValidationException(MeshSection.Name, typeof(MeshOptions), mistakes)
{
    public override string Message => string.Join(Environment.NewLine, ["The options of the mesh cannot be used:", .. Failures]);
}
