using Fresnel.Engine;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Environment;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Pushes;

/// <summary>Changes environment variables of an app whose deployed code may have a say: what it declares must fit, and its auth config is evaluated anew.</summary>
/// <remarks>A change under which the auth config fails is refused, since nobody could sign in afterwards. Source: <c>spec/deploy-api.md</c> §6.4.</remarks>
internal sealed class VariableChange(Database database, FunctionCatalog catalog, PushEvaluator evaluator, EnvironmentRules rules)
{
    private const string App = "";

    /// <summary>Sets and deletes variables, all of them or none.</summary>
    /// <exception cref="DeveloperException">A variable may not be like that; the code says why.</exception>
    public async Task ApplyAsync(IReadOnlyList<EnvironmentChange> changes, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (code, definition) = await database.ReadAsync(async transaction =>
                (await catalog.LoadAsync(transaction, App, cancellationToken), (await GenerationDocument.FindAsync(transaction, App, cancellationToken))?.Definition));
            var environment = With(code.Environment, changes);
            if (definition is not null) DeclaredVariables.RequireFit(PushJson.Element(definition), environment);
            var providers = await evaluator.EvaluateAuthAsync(code.Modules, environment, cancellationToken);

            var (isApplied, _) = await database.CommitAsync(
                async (transaction, token) =>
                {
                    // A push or another change came in between: what was evaluated says nothing any more.
                    if ((await catalog.LoadAsync(transaction, App, token)).Generation != code.Generation) return false;
                    await EnvironmentVariables.ApplyAsync(transaction, changes, rules, token);
                    await AuthProviders.ReplaceAsync(transaction, [.. PushJson.Element(providers).EnumerateArray()], token);
                    return true;
                },
                cancellationToken);
            if (isApplied) return;
        }
    }

    private static Dictionary<string, string> With(IReadOnlyDictionary<string, string> environment, IReadOnlyList<EnvironmentChange> changes)
    {
        var changed = environment.ToDictionary(StringComparer.Ordinal);
        foreach (var (name, value) in changes)
        {
            if (value is null) changed.Remove(name);
            else changed[name] = value;
        }

        return changed;
    }
}
