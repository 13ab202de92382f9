using Fresnel.Engine.Schema;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Values;

namespace Fresnel.Runtime.Pushes;

/// <summary>A push's part for the schema of a component: begin, ask how far it is, finish.</summary>
/// <remarks>Source: <c>spec/deploy-api.md</c> §4.5 (step 10), §4.7 to 4.9; <c>spec/data-model.md</c> §4.3.</remarks>
internal static class SchemaPush
{
    /// <summary>What beginning would answer. Writes nothing; a schema that is not deployed has no id yet.</summary>
    public static async ValueTask<SchemaChange> CompareAsync(Transaction transaction, string component, PushedSchema? schema, CancellationToken cancellationToken)
    {
        var active = transaction.Schemas(component).Active;
        return Describe(component, await IsTextOfAsync(transaction, active, schema, cancellationToken) ? active : null, Compare(active, schema?.Definition));
    }

    /// <summary>Makes a schema the pending one, unless it is active already, and begins to fill its indexes.</summary>
    /// <param name="transaction">Where.</param>
    /// <param name="component">The component.</param>
    /// <param name="schema">The schema; null for none.</param>
    /// <param name="registersIndexes">Whether indexes may change; not in a dry run, whose schema is still checked against the documents.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async ValueTask<SchemaChange> BeginAsync(
        Transaction transaction, string component, PushedSchema? schema, bool registersIndexes, CancellationToken cancellationToken)
    {
        var (active, pending) = transaction.Schemas(component);
        DeployedSchema? deployed;
        if (schema is null || await IsTextOfAsync(transaction, active, schema, cancellationToken))
        {
            // Whatever another push left pending is given up: the later push counts.
            if (pending is not null) transaction.SetSchemaState(pending, SchemaState.Overwritten);
            deployed = schema is null ? null : active;
        }
        else if (await IsTextOfAsync(transaction, pending, schema, cancellationToken)) deployed = pending;
        else
        {
            deployed = transaction.AddSchema(component, schema.Json);
            if (!await IsToBeCheckedAsync(transaction, component, schema.Definition, active?.Definition, cancellationToken)) transaction.SetSchemaState(deployed, SchemaState.Validated);
        }

        if (registersIndexes) TableIndexes.Prepare(transaction, component, active?.Definition, schema?.Definition);
        return Describe(component, deployed, Compare(active, schema?.Definition));
    }

    /// <summary>How far the schemas of a push and their indexes are.</summary>
    public static SchemaStatus GetStatus(Transaction transaction, SchemaChange change)
    {
        var components = new Dictionary<string, ComponentSchemaStatus>();
        foreach (var (component, id) in change.SchemaIds)
        {
            if (id is null) continue;
            if (Find(transaction, id) is not { State: not SchemaState.Overwritten } schema) return new SchemaStatus.RaceDetected();
            if (schema.State == SchemaState.Failed) return new SchemaStatus.Failed(schema.Error ?? "", component, schema.TableName);

            // An index of a table that does not exist yet is made, complete, when the push finishes.
            var indexes = schema.Definition.Tables
                .Select(definition => (Definition: definition, Table: transaction.FindTable(component, definition.Name)))
                .SelectMany(pair => pair.Definition.DatabaseIndexes.Where(index => !index.Staged).Select(index => pair.Table is null ? null : TableIndexes.Find(pair.Table, index)))
                .ToArray();
            components[component] = new(schema.State != SchemaState.Pending, indexes.Count(index => index?.State != IndexState.Backfilling), indexes.Length);
        }

        return components.Values.All(status => status.SchemaValidationComplete && status.IndexesComplete == status.IndexesTotal)
            ? new SchemaStatus.Complete()
            : new SchemaStatus.InProgress(components);
    }

    /// <summary>Makes the schema of a push the active one, and its indexes those of the tables.</summary>
    /// <exception cref="DeveloperException"><c>RaceDetected</c> when another push came in between; <c>InvalidSchema</c> when a document does not fit.</exception>
    public static async ValueTask<(IndexDiff Indexes, SchemaDiff? Schema)> FinishAsync(
        Transaction transaction, string component, SchemaChange change, CancellationToken cancellationToken)
    {
        var active = transaction.Schemas(component).Active;
        var schema = change.SchemaIds.GetValueOrDefault(component) is { } id ? RequireValidated(Find(transaction, id)) : null;
        var indexes = IndexComparison.Describe(Compare(active, schema?.Definition));
        if (active?.Id == schema?.Id) return (indexes, null);

        var diff = new SchemaDiff(await SchemaTexts.ReadAsync(transaction, active, cancellationToken), await SchemaTexts.ReadAsync(transaction, schema, cancellationToken));
        if (schema is not null) transaction.SetSchemaState(schema, SchemaState.Active);
        else transaction.RemoveSchema(active!);
        TableIndexes.Flip(transaction, component, schema?.Definition);
        return (indexes, diff);
    }

    /// <summary>The schema of this id; null when it is not an id of one.</summary>
    public static DeployedSchema? Find(Transaction transaction, string id) => DocumentId.TryParse(id, out var parsed) ? transaction.FindSchema(parsed) : null;

    private static DeployedSchema RequireValidated(DeployedSchema? schema) => schema?.State switch
    {
        SchemaState.Active or SchemaState.Validated => schema,
        SchemaState.Failed => throw new DeveloperException("InvalidSchema", schema.Error ?? "A document does not match the schema."),
        SchemaState.Pending => throw PushRace.OfDocuments(),
        _ => throw PushRace.OfSchema(),
    };

    /// <summary>Whether there is any document that may not fit.</summary>
    private static async ValueTask<bool> IsToBeCheckedAsync(
        Transaction transaction, string component, SchemaDefinition schema, SchemaDefinition? active, CancellationToken cancellationToken)
    {
        foreach (var definition in schema.Tables)
        {
            if (!schema.MustValidate(definition.Name, active) || transaction.FindTable(component, definition.Name) is not { } table) continue;
            if (await transaction.Read(table, table.ById, KeyInterval.All).NextAsync(cancellationToken) is not null) return true;
        }

        return false;
    }

    private static async ValueTask<bool> IsTextOfAsync(Transaction transaction, DeployedSchema? deployed, PushedSchema? schema, CancellationToken cancellationToken) =>
        deployed is not null && schema is not null && await SchemaTexts.ReadAsync(transaction, deployed, cancellationToken) == schema.Json;

    private static IReadOnlyList<ComparedIndex> Compare(DeployedSchema? active, SchemaDefinition? schema) => IndexComparison.Compare(active?.Definition, schema);

    private static SchemaChange Describe(string component, DeployedSchema? schema, IReadOnlyList<ComparedIndex> compared) => new()
    {
        SchemaIds = new Dictionary<string, string?> { [component] = schema?.Id.ToString() },
        IndexDiffs = new Dictionary<string, IndexDiff> { [component] = IndexComparison.Describe(compared) },
    };
}
