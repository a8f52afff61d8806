using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace MeshLib.AspNetCore;

/// <summary>
/// Whether <c>UseMesh()</c> stands behind the exception handler and before authentication. What the application's author wrote in a wrong order fails the start; what the
/// application puts there by itself is said once, by the first request, because nothing tells of it earlier.
/// </summary>
internal sealed partial class PipelineOrder
{
    private const string Wired = "MeshLib.UseMesh";

    // Left by UseExceptionHandler() and a few like it; the last one's name stays.
    private const string LastNamed = "analysis.NextMiddlewareName";
    private const string ExceptionHandler = "Microsoft.AspNetCore.Diagnostics.ExceptionHandlerMiddleware";

    // What UseAuthentication and UseAuthorization leave behind; WebApplication itself reads them to know what it need not add.
    private static readonly string[] Later = ["__AuthenticationMiddlewareSet", "__AuthorizationMiddlewareSet"];

    private readonly IApplicationBuilder _app;
    private readonly ILogger _logger;
    private readonly bool _handled;
    private bool _looked;

    /// <exception cref="InvalidOperationException">The mesh is here already, or authentication or authorization is.</exception>
    public PipelineOrder(IApplicationBuilder app, ILogger<PipelineOrder> logger)
    {
        _app = app;
        _logger = logger;
        if (!app.Properties.TryAdd(Wired, true))
        {
            throw new InvalidOperationException("UseMesh() has been called before on this application; once is enough.");
        }

        if (Later.Any(app.Properties.ContainsKey))
        {
            throw new InvalidOperationException("UseMesh() stands after authentication or authorization. Call it before UseAuthentication() and UseAuthorization(), so that a request whose time is up costs neither.");
        }

        _handled = LastIsExceptionHandler();
    }

    /// <summary>The mesh's own middleware, when the pipeline is built and all of it is known.</summary>
    /// <exception cref="InvalidOperationException">An exception handler stands behind the mesh.</exception>
    public RequestDelegate Place(RequestDelegate mesh)
    {
        if (!_handled && LastIsExceptionHandler())
        {
            throw new InvalidOperationException("UseExceptionHandler() stands after UseMesh(). Call it before UseMesh(), or it answers 500 to what its deadline has ended.");
        }

        return context =>
        {
            if (!_looked)
            {
                Look(context);
            }

            return mesh(context);
        };
    }

    private void Look(HttpContext context)
    {
        // A race of the first requests says it twice at worst.
        _looked = true;
        if (context.Features.Get<IAuthenticationFeature>() is not null)
        {
            LogAuthenticationFirst(_logger);
        }
    }

    private bool LastIsExceptionHandler() => _app.Properties.TryGetValue(LastNamed, out var name) && name is ExceptionHandler;

    [LoggerMessage(603, LogLevel.Warning, "Authentication runs before UseMesh(), so that a request whose time is up costs it all the same. Where nothing calls app.UseAuthentication(), WebApplication puts it before everything: call app.UseAuthentication() and app.UseAuthorization() after app.UseMesh().")]
    private static partial void LogAuthenticationFirst(ILogger logger);
}
