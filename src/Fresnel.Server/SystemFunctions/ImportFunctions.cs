using Fresnel.Functions;
using Fresnel.Runtime.Clr;
using Fresnel.Values;

namespace Fresnel.Server.SystemFunctions;

/// <summary>What <c>npx convex import</c> asks before it sends anything. Importing is not built yet: the request that follows says so.</summary>
[FunctionModule("_system/cli/queryImport")]
internal static class ImportFunctions
{
    /// <summary>The imports of this deployment: none.</summary>
    [Query]
    public static Value List(SystemQueryContext context)
    {
        _ = context;
        return Value.Array([]);
    }
}
