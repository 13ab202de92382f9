using Fresnel.Engine;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Environment;

/// <summary>The environment variables of a deployment: documents, seen by every function of the app as <c>process.env</c>.</summary>
/// <remarks>A change gives the app a new generation, so functions run again that depend on it. Source: <c>spec/deploy-api.md</c> §6.4.</remarks>
public sealed class EnvironmentVariables
{
    private const string App = "";

    private readonly Database _database;
    private readonly EnvironmentRules _rules;

    internal EnvironmentVariables(Database database, FunctionLimits limits)
    {
        _database = database;
        _rules = new EnvironmentRules(limits);
    }

    /// <summary>All variables but the built-in ones, in order of their names; the transaction depends on them.</summary>
    public static async ValueTask<IReadOnlyDictionary<string, string>> ListAsync(Transaction transaction, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        var variables = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var document in await transaction.ListAsync(SystemTables.EnvironmentVariables, "by_name", [], cancellationToken))
            variables.Add(document.Fields["name"].AsString(), document.Fields["value"].AsString());
        return variables;
    }

    /// <summary>All variables but the built-in ones, in order of their names.</summary>
    public async ValueTask<IReadOnlyDictionary<string, string>> ListAsync(CancellationToken cancellationToken)
    {
        using var transaction = _database.BeginRead(limits: TransactionLimits.None);
        return await ListAsync(transaction, cancellationToken);
    }

    /// <summary>Sets and deletes variables, all of them or none. Deleting one that is not there is no error.</summary>
    /// <returns>The timestamp from which on functions see them.</returns>
    /// <exception cref="DeveloperException">A name or a value is not allowed, or there would be too many; the code says which.</exception>
    public async Task<Timestamp> ChangeAsync(IReadOnlyList<EnvironmentChange> changes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(changes);
        var (_, timestamp) = await _database.CommitAsync(
            async (transaction, token) =>
            {
                await ApplyAsync(transaction, changes, _rules, token);
                return true;
            },
            cancellationToken);
        return timestamp;
    }

    /// <summary>Writes the changes, all of them or none.</summary>
    /// <exception cref="DeveloperException">A name or a value is not allowed, or there would be too many; the code says which.</exception>
    internal static async ValueTask ApplyAsync(Transaction transaction, IReadOnlyList<EnvironmentChange> changes, EnvironmentRules rules, CancellationToken cancellationToken)
    {
        foreach (var change in changes) rules.Require(change);
        var table = transaction.Find(SystemTables.EnvironmentVariables);
        foreach (var (name, value) in changes)
        {
            var existing = await transaction.FindFirstAsync(SystemTables.EnvironmentVariables, "by_name", [name], cancellationToken);
            switch (existing, value)
            {
                case (null, null):
                    break;
                case (null, _):
                    await transaction.InsertAsync(table, ValueObject.Create(("name", name), ("value", value)), cancellationToken);
                    break;
                case (_, null):
                    await transaction.DeleteAsync(table, existing.Id, cancellationToken);
                    break;
                default:
                    await transaction.PatchAsync(table, existing.Id, new ValuePatch([KeyValuePair.Create("value", Value.String(value))]), cancellationToken);
                    break;
            }
        }

        if (transaction.IsUnwritten) return;
        rules.Require(await ListAsync(transaction, cancellationToken));
        await BumpGenerationAsync(transaction, cancellationToken);
    }

    /// <summary>Counts the changes in the app's generation document, which invocations depend on. Before the first push there is none yet.</summary>
    internal static async ValueTask BumpGenerationAsync(Transaction transaction, CancellationToken cancellationToken)
    {
        var table = transaction.Find(SystemTables.Generations);
        if (await transaction.FindFirstAsync(SystemTables.Generations, "by_component", [App], cancellationToken) is { } generation)
        {
            var version = Value.Int64(generation.Fields["environment"].AsInt64() + 1);
            await transaction.PatchAsync(table, generation.Id, new ValuePatch([KeyValuePair.Create("environment", version)]), cancellationToken);
            return;
        }

        await transaction.InsertAsync(table, ValueObject.Create(("component", App), ("modules", ""), ("environment", Value.Int64(1))), cancellationToken);
    }
}
