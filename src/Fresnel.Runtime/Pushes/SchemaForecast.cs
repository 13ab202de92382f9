using System.Text.Json;
using Fresnel.Engine.Schema;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Values;

namespace Fresnel.Runtime.Pushes;

/// <summary>Says what a schema would mean for the documents that are there. Writes nothing. Source: <c>spec/deploy-api.md</c> §4.2.</summary>
internal static class SchemaForecast
{
    /// <summary>The CLI asks before it lets indexes of tables with 100,000 documents go or be filled; how many there are beyond that does not matter to it.</summary>
    private const int CountedDocuments = 100_000;

    /// <summary>Forecasts.</summary>
    public static async ValueTask<SchemaEvaluation> EvaluateAsync(Transaction transaction, string component, PushedSchema? schema, CancellationToken cancellationToken)
    {
        var active = transaction.Schemas(component).Active?.Definition;
        var sizes = new Dictionary<string, (long Documents, long Bytes)>(StringComparer.Ordinal);
        var tables = new List<TableEvaluation>();
        foreach (var definition in schema?.Definition.Tables ?? [])
        {
            var outcome = Outcome(schema!.Definition, definition.Name, active);
            var size = await MeasureAsync(transaction, component, definition.Name, sizes, cancellationToken);
            tables.Add(new(definition.Name, outcome, size.Documents, size.Bytes));
        }

        var indexes = new List<IndexEvaluation>();
        foreach (var index in IndexComparison.Compare(active, schema?.Definition))
        {
            var documents = (await MeasureAsync(transaction, component, index.Table, sizes, cancellationToken)).Documents;
            indexes.Add(new(index.Name, "database", index.Fields, index.Index.Staged, JsonNamingPolicy.CamelCase.ConvertName(index.Change.ToString()), IsToBeFilled(transaction, component, index, documents), documents));
        }

        var evaluation = new ComponentSchemaEvaluation(component, schema?.Definition.IsValidated ?? false, tables, indexes, []);
        return new SchemaEvaluation(new Dictionary<string, ComponentSchemaEvaluation> { [component] = evaluation }, []);
    }

    private static string Outcome(SchemaDefinition schema, string table, SchemaDefinition? active) =>
        schema.EnforcedValidator(table) is null ? "notValidated" : schema.MustValidate(table, active) ? "mustWalk" : "supersetOfEnforced";

    private static bool IsToBeFilled(Transaction transaction, string component, ComparedIndex index, long documents) =>
        index.Change is IndexChange.Added or IndexChange.Enabled && documents > 0 &&
        transaction.FindTable(component, index.Table) is { } table && TableIndexes.Find(table, index.Index) is null or { State: IndexState.Backfilling };

    private static async ValueTask<(long Documents, long Bytes)> MeasureAsync(
        Transaction transaction, string component, string name, Dictionary<string, (long Documents, long Bytes)> known, CancellationToken cancellationToken)
    {
        if (known.TryGetValue(name, out var size)) return size;
        if (transaction.FindTable(component, name) is { } table)
        {
            var stream = transaction.Read(table, table.ById, KeyInterval.All);
            while (size.Documents < CountedDocuments && await stream.NextAsync(cancellationToken) is { } document) size = (size.Documents + 1, size.Bytes + document.Json.Length);
        }

        known[name] = size;
        return size;
    }
}
