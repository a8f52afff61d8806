using Microsoft.Extensions.Options;

namespace MeshLib;

/// <summary>The check of one part of the mesh: it throws <see cref="OptionsValidationException"/> when there is a mistake in its options. Registered as a singleton instance.</summary>
internal sealed record StartCheck(Action<IServiceProvider> Run);

/// <summary>Checks the options of all parts of the mesh in one go, so that a mistake in one does not hide those in another.</summary>
internal sealed class StartChecks(IEnumerable<StartCheck> checks, IServiceProvider services)
{
    /// <exception cref="OptionsValidationException">There is a mistake; all of them are named.</exception>
    public void Run()
    {
        if (Mistakes() is { Count: > 0 } mistakes)
        {
            throw new MeshOptionsException(mistakes);
        }
    }

    /// <summary>Makes what is made before the host runs its checks; where its options have a mistake, all the others are named with it.</summary>
    /// <exception cref="OptionsValidationException">There is a mistake in what <paramref name="make"/> reads.</exception>
    public T Make<T>(Func<T> make)
    {
        try
        {
            return make();
        }
        catch (OptionsValidationException mistake)
        {
            throw new MeshOptionsException([.. Mistakes().Union(mistake.Failures)]);
        }
    }

    private List<string> Mistakes()
    {
        var mistakes = new List<string>();
        foreach (var check in checks)
        {
            try
            {
                check.Run(services);
            }
            catch (OptionsValidationException mistake)
            {
                // Parts that are registered twice say the same twice.
                mistakes.AddRange(mistake.Failures.Except(mistakes));
            }
        }

        return mistakes;
    }
}
