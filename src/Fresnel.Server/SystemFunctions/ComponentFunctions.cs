using Fresnel.Functions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Clr;
using Fresnel.Values;

namespace Fresnel.Server.SystemFunctions;

/// <summary>The components of the deployment. Source: <c>spec/deploy-api.md</c> §11.</summary>
[FunctionModule("_system/frontend/components")]
internal static class ComponentFunctions
{
    /// <summary>The app, once code was pushed; other components are not built yet.</summary>
    [Query]
    public static async ValueTask<Value> ListAsync(SystemQueryContext context, CancellationToken cancellationToken)
    {
        var generations = await context.ListAsync(SystemTables.Generations, "by_component", [], cancellationToken);
        return Value.Array([.. generations.Select(generation => Value.Object(ValueObject.Create(
            ("id", generation.Id.ToString()),
            ("path", generation.Fields["component"]),
            ("args", ValueObject.Empty),
            ("state", "active"),
            ("httpPrefix", Value.Null))))]);
    }
}

/// <summary>The argument <c>componentId</c> of many system functions.</summary>
internal static class ComponentArgument
{
    /// <summary>The path of the component: where the function was called when the argument is absent.</summary>
    /// <exception cref="DeveloperException">It is not the id of a component.</exception>
    public static async ValueTask<string> ReadAsync(SystemQueryContext context, string? componentId, CancellationToken cancellationToken)
    {
        if (componentId is null) return context.Component;
        var generations = await context.ListAsync(SystemTables.Generations, "by_component", [], cancellationToken);
        return generations.FirstOrDefault(generation => generation.Id.ToString() == componentId)?.Fields["component"].AsString()
            ?? throw new DeveloperException("InvalidArgument", $"Invalid argument `componentId`: there is no component with ID {componentId}.");
    }
}
