using Fresnel.Functions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Clr;
using Fresnel.Values;

namespace Fresnel.Server.SystemFunctions;

/// <summary>Where the deployment is reached. Source: <c>spec/deploy-api.md</c> §10.</summary>
[FunctionModule("_system/cli/convexUrl")]
internal static class ConvexUrlFunctions
{
    /// <summary>The origin of clients and the CLI, as functions see it.</summary>
    [Query]
    public static string CloudUrl(QueryContext context) => context.Environment["CONVEX_CLOUD_URL"];
}

/// <summary>Whether the deployment runs. Source: <c>spec/deploy-api.md</c> §11.</summary>
[FunctionModule("_system/frontend/deploymentState")]
internal static class DeploymentStateFunctions
{
    /// <summary>One that answers is running: pausing is not built yet.</summary>
    [Query]
    public static ValueObject DeploymentState(SystemQueryContext context)
    {
        _ = context;
        return ValueObject.Create(("state", "running"));
    }
}

/// <summary>The version of the npm library that was pushed last. Source: <c>spec/deploy-api.md</c> §11.</summary>
[FunctionModule("_system/frontend/getVersion")]
internal static class VersionFunctions
{
    /// <summary>The version, or null before the first push.</summary>
    [Query(Name = "default")]
    public static async ValueTask<string?> GetAsync(SystemQueryContext context, CancellationToken cancellationToken)
    {
        var generation = await context.FindAsync(SystemTables.Generations, "by_component", [""], cancellationToken);
        return generation?.Fields["udfServerVersion"] is { Kind: ValueKind.String } version ? version.AsString() : null;
    }
}
