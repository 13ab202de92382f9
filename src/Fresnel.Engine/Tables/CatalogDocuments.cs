using System.Collections.Immutable;
using Fresnel.Engine.Schema;
using Fresnel.Values;

namespace Fresnel.Engine.Tables;

/// <summary>A document of <c>_tables</c>: <c>{component, name, number, key, byId, byCreationTime}</c>, numbers as Int64.</summary>
internal static class TableDocument
{
    public static ValueObject Write(Table table) => ValueObject.Create(
        ("component", table.Component),
        ("name", table.Name),
        ("number", Value.Int64(table.Number)),
        ("key", Value.Int64(table.Key.Number)),
        ("byId", Value.Int64(table.ById.Key.Number)),
        ("byCreationTime", table.Indexes.FirstOrDefault(index => index is { Name: IndexName.ByCreationTime, DocumentId: null }) is { } index ? Value.Int64(index.Key.Number) : Value.Null));

    public static TableKey KeyOf(Document document) => new((int)document.Fields["key"].AsInt64());

    public static Table Read(Document document)
    {
        var fields = document.Fields;
        var key = KeyOf(document);
        IndexKeyId? byCreationTime = fields["byCreationTime"] is { Kind: ValueKind.Int64 } number ? new((int)number.AsInt64()) : null;
        return Make(key, fields["component"].AsString(), fields["name"].AsString(), (uint)fields["number"].AsInt64(), new((int)fields["byId"].AsInt64()), byCreationTime);
    }

    /// <summary>A table with the indexes that it is born with.</summary>
    public static Table Make(TableKey key, string component, string name, uint number, IndexKeyId byId, IndexKeyId? byCreationTime)
    {
        var indexes = ImmutableArray.Create(new Index(byId, key, "by_id", [FieldPath.Id], IndexState.Enabled, false, null, null));
        if (byCreationTime is { } index) indexes = indexes.Add(new(index, key, "by_creation_time", [FieldPath.CreationTime, FieldPath.Id], IndexState.Enabled, false, null, null));
        return new(key, component, name, number, indexes);
    }
}

/// <summary>A document of <c>_indexes</c>: <c>{table, key, name, fields, state, staged}</c>; the fields are complete.</summary>
internal static class IndexDocument
{
    public static ValueObject Write(Index index) => ValueObject.Create(
        ("table", Value.Int64(index.Table.Number)),
        ("key", Value.Int64(index.Key.Number)),
        ("name", index.Name),
        ("fields", Value.Array([.. index.Fields.Select(field => Value.String(field.ToString()))])),
        ("state", NameOf(index.State)),
        ("staged", index.Staged));

    public static Index Read(Document document)
    {
        var fields = document.Fields;
        var paths = ImmutableArray.CreateBuilder<FieldPath>();
        foreach (var path in fields["fields"].AsArray()) paths.Add(FieldPath.Parse(path.AsString()));
        return new(
            new((int)fields["key"].AsInt64()), new((int)fields["table"].AsInt64()), fields["name"].AsString(), paths.ToImmutable(),
            StateOf(fields["state"].AsString()), fields["staged"].AsBoolean(), null, document.Id);
    }

    private static string NameOf(IndexState state) => state switch
    {
        IndexState.Backfilling => "backfilling",
        IndexState.Backfilled => "backfilled",
        _ => "enabled",
    };

    private static IndexState StateOf(string name) => name switch
    {
        "backfilling" => IndexState.Backfilling,
        "backfilled" => IndexState.Backfilled,
        "enabled" => IndexState.Enabled,
        _ => throw new InvalidDataException($"An index is in the unknown state \"{name}\"."),
    };
}

/// <summary>A document of <c>_index_backfills</c>: <c>{index, cursor}</c>. It lies beside the index's own document because a step must not disturb those who write to the table.</summary>
internal static class BackfillDocument
{
    public static ValueObject Write(IndexKeyId index, ReadOnlyMemory<byte>? cursor) => ValueObject.Create(
        ("index", Value.Int64(index.Number)),
        ("cursor", cursor is { } key ? Value.Bytes(key) : Value.Null));

    public static IndexKeyId IndexOf(Document document) => new((int)document.Fields["index"].AsInt64());

    public static ReadOnlyMemory<byte>? CursorOf(Document document)
    {
        // Not with a conditional expression: beside memory, its null would become empty memory.
        if (document.Fields["cursor"] is { Kind: ValueKind.Bytes } cursor) return cursor.AsBytes();
        return null;
    }
}

/// <summary>A document of <c>_schemas</c>: <c>{component, state, schema: JSON text, error, tableName}</c>, the last two null but in a failed one.</summary>
internal static class SchemaDocument
{
    public static ValueObject Write(string component, SchemaState state, string json) => ValueObject.Create(
        ("component", component), ("state", NameOf(state)), ("schema", json), ("error", Value.Null), ("tableName", Value.Null));

    public static string ComponentOf(Document document) => document.Fields["component"].AsString();

    public static DeployedSchema Read(Document document)
    {
        var fields = document.Fields;
        var state = StateOf(fields["state"].AsString());
        // One that is not in force any more need not be understood; one that is was held to the limits of its time.
        var definition = state is SchemaState.Failed or SchemaState.Overwritten ? SchemaDefinition.Empty : SchemaDefinition.Parse(fields["schema"].AsString(), SchemaLimits.None);
        return new(document.Id, state, definition, TextOf(fields["error"]), TextOf(fields["tableName"]));
    }

    public static string NameOf(SchemaState state) => state switch
    {
        SchemaState.Pending => "pending",
        SchemaState.Validated => "validated",
        SchemaState.Active => "active",
        SchemaState.Failed => "failed",
        _ => "overwritten",
    };

    private static SchemaState StateOf(string name) => name switch
    {
        "pending" => SchemaState.Pending,
        "validated" => SchemaState.Validated,
        "active" => SchemaState.Active,
        "failed" => SchemaState.Failed,
        "overwritten" => SchemaState.Overwritten,
        _ => throw new InvalidDataException($"A schema is in the unknown state \"{name}\"."),
    };

    private static string? TextOf(Value value) => value.Kind == ValueKind.String ? value.AsString() : null;
}
