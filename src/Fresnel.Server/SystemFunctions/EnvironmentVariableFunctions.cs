using Fresnel.Functions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Clr;
using Fresnel.Values;

namespace Fresnel.Server.SystemFunctions;

/// <summary>Environment variables, for <c>env list</c>, <c>env get</c> and <c>dev</c>. Source: <c>spec/deploy-api.md</c> §6.4, 10.</summary>
[FunctionModule("_system/cli/queryEnvironmentVariables")]
internal static class EnvironmentVariableFunctions
{
    /// <summary>All variables by name.</summary>
    [Query(Name = "default")]
    public static async ValueTask<Value> ListAsync(SystemQueryContext context, CancellationToken cancellationToken)
    {
        var variables = await context.ListAsync(SystemTables.EnvironmentVariables, "by_name", [], cancellationToken);
        return Value.Array([.. variables.Select(variable => Value.Object(variable.Fields))]);
    }

    /// <summary>One variable, or null.</summary>
    [Query]
    public static async ValueTask<ValueObject?> GetAsync(SystemQueryContext context, string name, CancellationToken cancellationToken)
    {
        var variable = await context.FindAsync(SystemTables.EnvironmentVariables, "by_name", [name], cancellationToken);
        return variable is null ? null : ValueObject.Create(("name", variable.Fields["name"]), ("value", variable.Fields["value"]));
    }
}
