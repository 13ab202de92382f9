using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Values;

namespace Fresnel.Runtime.Pushes;

/// <summary>The documents of <c>_modules</c>: which modules a component has.</summary>
internal static class DeployedModules
{
    /// <summary>Makes the component's modules those of a push. Documents that stay as they are are not written.</summary>
    /// <returns>Paths that came and went, chunks left out.</returns>
    /// <exception cref="DeveloperException"><c>RaceDetected</c>: a source that the push stored is gone again.</exception>
    public static async ValueTask<ModuleDiff> ReplaceAsync(
        Transaction transaction, string component, IReadOnlyList<PushedModuleHash> modules, EvaluatedDefinition analysis, CancellationToken cancellationToken)
    {
        var table = transaction.Find(SystemTables.Modules);
        var existing = (await transaction.ListAsync(SystemTables.Modules, "by_component_path", [component], cancellationToken))
            .ToDictionary(document => document.Fields["path"].AsString(), StringComparer.Ordinal);
        var added = new List<string>();
        foreach (var module in modules)
        {
            ModulePath.Require(module.Path);
            await RequireSourceAsync(transaction, module, cancellationToken);
            var declared = analysis.Functions.TryGetValue(module.Path, out var functions) ? functions.GetRawText() : null;
            if (declared is not null) DeclaredFunctions.Require(module.Path, EnvironmentNames.Parse(module.Path, module.Environment), declared);
            var fields = ValueObject.Create(
                ("component", component),
                ("path", module.Path),
                ("environment", module.Environment),
                ("sha256", module.Sha256),
                ("analysis", declared is null ? Value.Null : declared));
            if (existing.Remove(module.Path, out var document))
            {
                await transaction.ReplaceAsync(table, document.Id, fields, cancellationToken);
                continue;
            }

            await transaction.InsertAsync(table, fields, cancellationToken);
            added.Add(module.Path);
        }

        foreach (var gone in existing.Values) await transaction.DeleteAsync(table, gone.Id, cancellationToken);
        return new ModuleDiff([.. added.Where(IsShown)], [.. existing.Keys.Where(IsShown).Order(StringComparer.Ordinal)]);
    }

    private static bool IsShown(string path) => !ModulePath.IsChunk(path);

    private static async ValueTask RequireSourceAsync(Transaction transaction, PushedModuleHash module, CancellationToken cancellationToken)
    {
        if (!await ModuleSources.ExistsAsync(transaction, module.Sha256, cancellationToken))
            throw PushRace.OfSource(module.Path);
    }
}
