namespace Shop.Instances;

/// <summary>Stands before everything the role's program maps: the control endpoint, the tally, the fault.</summary>
internal sealed class InstancePipeline(InstanceBehaviour behaviour, RequestTally tally) : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Map("/control/fault", control => control.Run(SetFaultAsync));
        app.Use((context, following) =>
        {
            tally.Count();
            return behaviour.InvokeAsync(context, following);
        });
        next(app);
    };

    /// <summary><c>PUT /control/fault/{fault}</c>.</summary>
    private Task SetFaultAsync(HttpContext context)
    {
        var name = context.Request.Path.Value?.Trim('/');
        if (!HttpMethods.IsPut(context.Request.Method) || !Enum.TryParse<Fault>(name, ignoreCase: true, out var fault) || !Enum.IsDefined(fault))
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return context.Response.WriteAsync($"PUT /control/fault/ and one of {string.Join(", ", Enum.GetNames<Fault>())}\n");
        }

        behaviour.Fault = fault;
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}
