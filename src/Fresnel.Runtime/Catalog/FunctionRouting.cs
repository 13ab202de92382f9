using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Catalog;

/// <summary>Decides whether a call may reach a function. Source: <c>spec/client-protocol.md</c> §5.3, in its order.</summary>
internal static class FunctionRouting
{
    /// <summary>The function that is called.</summary>
    /// <param name="code">The code of the component.</param>
    /// <param name="path">Which function.</param>
    /// <param name="identity">On whose behalf.</param>
    /// <param name="caller">Where the call comes from.</param>
    /// <param name="expected">What it is called as; null when any kind will do.</param>
    /// <exception cref="DeveloperException">It may not be reached. The text is the same whether it is missing or internal.</exception>
    public static FunctionDefinition Find(ComponentCode code, FunctionPath path, Identity identity, FunctionCaller caller, FunctionKind? expected)
    {
        if (path.IsSystem && !identity.IsAdmin)
            throw new DeveloperException("Forbidden", "You do not have permission to perform this operation (deployment:system:call).");

        if (!code.Functions.TryGetValue(path, out var function) || (function.Visibility == FunctionVisibility.Internal && !ReachesInternal(identity, caller)))
            throw NotFound(code.Component, path, caller);

        if (expected is { } kind && function.Kind != kind) throw WrongKind(code.Component, path, kind, function.Kind);
        return function;
    }

    /// <summary>Whether the answer of <see cref="Find"/> depends on who asks, so that a result must not be shared.</summary>
    public static bool DependsOnIdentity(ComponentCode code, FunctionPath path, FunctionCaller caller) =>
        path.IsSystem ||
        (!ReachesInternal(Identity.Anonymous, caller) && code.Functions.TryGetValue(path, out var function) && function.Visibility == FunctionVisibility.Internal);

    private static bool ReachesInternal(Identity identity, FunctionCaller caller) =>
        identity.IsAdmin || caller is FunctionCaller.Scheduler or FunctionCaller.Cron or FunctionCaller.Action or FunctionCaller.HttpEndpoint;

    private static DeveloperException NotFound(string component, FunctionPath path, FunctionCaller caller) =>
        caller is FunctionCaller.SyncWorker or FunctionCaller.HttpApi
            ? new("FunctionNotFound", $"Could not find public function for '{path.Display}'{In(component)}.")
            : new("FunctionNotFound", $"Could not find function for '{path.Display}'{In(component)}. Did you forget to run `npx convex dev`?");

    private static DeveloperException WrongKind(string component, FunctionPath path, FunctionKind expected, FunctionKind actual) =>
        new("WrongFunctionType", $"Trying to execute {path.Canonical}{In(component)} as {expected}, but it is defined as {actual}.");

    private static string In(string component) => component.Length == 0 ? "" : $" in '{component}'";
}
