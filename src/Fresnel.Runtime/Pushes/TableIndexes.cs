using Fresnel.Engine.Schema;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;

namespace Fresnel.Runtime.Pushes;

/// <summary>Brings the indexes of tables to what schemas declare.</summary>
/// <remarks>
/// An index is known by its name and its fields: one that a push began to fill and never finished is found again by the next push that wants it.
/// Source: <c>spec/data-model.md</c> §4.3.
/// </remarks>
internal static class TableIndexes
{
    /// <summary>The index of a table that a definition means, in whatever state, or null.</summary>
    public static Engine.Tables.Index? Find(Table table, DatabaseIndexDefinition definition) =>
        table.Indexes.FirstOrDefault(index => index.Name == definition.Name && index.Fields.SequenceEqual(definition.KeyFields));

    /// <summary>Begins to fill what a coming schema needs and tables lack, and drops what neither the running nor the coming schema knows.</summary>
    /// <remarks>Tables that do not exist are left to the end of the push, so that one that stops half-way leaves none behind.</remarks>
    public static void Prepare(Transaction transaction, string component, SchemaDefinition? running, SchemaDefinition? coming)
    {
        Drop(transaction, component, running, coming);
        if (coming is null) return;
        foreach (var definition in coming.Tables)
        {
            if (transaction.FindTable(component, definition.Name) is not { } table) continue;
            foreach (var index in definition.DatabaseIndexes)
            {
                if (Find(table, index) is null) transaction.CreateIndex(table, index.Name, index.Fields, index.Staged);
            }
        }
    }

    /// <summary>Makes the indexes those of a schema: readable, staged, gone.</summary>
    /// <exception cref="Values.DeveloperException"><c>RaceDetected</c>: one is not complete, since its table came into being while the push was under way.</exception>
    public static void Flip(Transaction transaction, string component, SchemaDefinition? schema)
    {
        Drop(transaction, component, schema, null);
        if (schema is null) return;
        foreach (var definition in schema.Tables)
        {
            var table = transaction.FindTable(component, definition.Name) ?? transaction.CreateTable(component, definition.Name);
            foreach (var index in definition.DatabaseIndexes) Flip(transaction, table, index);
        }
    }

    private static void Flip(Transaction transaction, Table table, DatabaseIndexDefinition definition)
    {
        var index = Find(table, definition) ?? transaction.CreateIndex(table, definition.Name, definition.Fields, definition.Staged);
        if (definition.Staged)
        {
            if (!index.Staged || index.State == IndexState.Enabled) transaction.StageIndex(index);
        }
        else if (index.State == IndexState.Backfilling) throw PushRace.OfIndex(table.Name, index.Name);
        else if (index.State != IndexState.Enabled || index.Staged) transaction.EnableIndex(index);
    }

    private static void Drop(Transaction transaction, string component, SchemaDefinition? kept, SchemaDefinition? alsoKept)
    {
        foreach (var table in transaction.ListTables(component))
        {
            if (table.IsSystem) continue;
            foreach (var index in table.Indexes)
            {
                if (index.DocumentId is not null && !Declares(kept, table.Name, index) && !Declares(alsoKept, table.Name, index)) transaction.DropIndex(index);
            }
        }
    }

    private static bool Declares(SchemaDefinition? schema, string table, Engine.Tables.Index index) =>
        schema?.FindTable(table)?.FindIndex(index.Name) is DatabaseIndexDefinition definition && index.Fields.SequenceEqual(definition.KeyFields);
}
