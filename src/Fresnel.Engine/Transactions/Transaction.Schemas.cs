using Fresnel.Engine.Schema;
using Fresnel.Engine.Tables;
using Fresnel.Values;

namespace Fresnel.Engine.Transactions;

/// <content>Schemas: holding writes to them, and moving them through their states. Source: <c>spec/data-model.md</c> §4.3.</content>
public sealed partial class Transaction
{
    /// <summary>The schemas of a component that writes are held to; the transaction depends on them.</summary>
    public ComponentSchemas Schemas(string component)
    {
        RecordSchemas(component);
        return Catalog.SchemasOf(component);
    }

    /// <summary>A schema by its document, whatever its state, or null; the transaction depends on it.</summary>
    public DeployedSchema? FindSchema(DocumentId id)
    {
        if (id.TableNumber != CatalogTables.Schemas.Number) return null;
        return FindInCatalog(CatalogTables.Schemas, id) is { } document ? SchemaDocument.Read(document) : null;
    }

    /// <summary>Makes a schema pending; another one that is pending or validated is overwritten.</summary>
    /// <param name="component">The component path.</param>
    /// <param name="json">The schema as the CLI exports it.</param>
    /// <exception cref="DeveloperException">It is not a schema.</exception>
    public DeployedSchema AddSchema(string component, string json)
    {
        if (Schemas(component).Pending is { } other) SetSchemaState(other, SchemaState.Overwritten);
        Insert(CatalogTables.Schemas, SchemaDocument.Write(component, SchemaState.Pending, json));
        return Catalog.SchemasOf(component).Pending!;
    }

    /// <summary>Moves a schema to another state. One that becomes active overwrites the one that was.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="state">Where to.</param>
    /// <param name="error">Why it fails.</param>
    /// <param name="tableName">The table of the document that it fails on.</param>
    public void SetSchemaState(DeployedSchema schema, SchemaState state, string? error = null, string? tableName = null)
    {
        var document = Stored(CatalogTables.Schemas, schema.Id);
        var component = SchemaDocument.ComponentOf(document);
        if (state == SchemaState.Active && Schemas(component).Active is { } active && active.Id != schema.Id) SetSchemaState(active, SchemaState.Overwritten);
        Update(CatalogTables.Schemas, document, document.Fields.Merge(new(
        [
            KeyValuePair.Create("state", Value.String(SchemaDocument.NameOf(state))),
            KeyValuePair.Create("error", error is null ? Value.Null : error),
            KeyValuePair.Create("tableName", tableName is null ? Value.Null : tableName),
        ])));
    }

    /// <summary>Drops the schema in force: a component without one accepts any document.</summary>
    public void RemoveSchema(DeployedSchema schema) => SetSchemaState(schema, SchemaState.Overwritten);

    /// <summary>Holds a document to the schemas of its component.</summary>
    /// <exception cref="DeveloperException"><c>SchemaEnforcementError</c>: it does not fit the active one.</exception>
    private void Enforce(Table table, Document document)
    {
        var (active, pending) = Catalog.SchemasOf(table.Component);
        active?.Definition.Require(table.Name, document.Fields, TableNames(table.Component));
        if (pending?.Definition.Check(table.Name, document.Fields, TableNames(table.Component)) is { } problem)
            SetSchemaState(pending, SchemaState.Failed, SchemaMismatch.OfNew(table.Name, problem), table.Name);
    }

    /// <summary>Holds the deletion of a table to the schemas of its component.</summary>
    private void EnforceDeletion(Table table)
    {
        var (active, pending) = Schemas(table.Component);
        active?.Definition.RequireDeletable(table.Name);
        if (pending?.Definition.DeletionProblem(table.Name) is { } problem) SetSchemaState(pending, SchemaState.Failed, problem, table.Name);
    }

    private void RecordSchemas(string component) => Reads.Add(CatalogTables.ByState.Key, KeyInterval.Prefix(IndexKey.Encode(component)));
}
