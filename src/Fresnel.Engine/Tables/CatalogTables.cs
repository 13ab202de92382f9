using System.Collections.Immutable;
using Fresnel.Values;

namespace Fresnel.Engine.Tables;

/// <summary>The tables that tell of all others. They are known by code alone, since nothing else could tell where to find them.</summary>
/// <remarks>They lie in the app's namespace and hold the documents of every component. Their identities are fixed for ever.</remarks>
internal static class CatalogTables
{
    /// <summary>The first identity that a table or an index made later may have.</summary>
    public const int FirstFreeKey = 32;

    /// <summary>One document per table; see <see cref="TableDocument"/>.</summary>
    public static Table Tables { get; } = Make(1, "_tables", 513, 1, ("by_component_name", ["component", "name"]), ("by_component_number", ["component", "number"]));

    /// <summary>One document per index that is not part of every table; see <see cref="IndexDocument"/>.</summary>
    public static Table Indexes { get; } = Make(2, "_indexes", 514, 4, ("by_table", ["table"]));

    /// <summary>One document per index that is being filled; see <see cref="BackfillDocument"/>.</summary>
    public static Table Backfills { get; } = Make(3, "_index_backfills", 515, 6, ("by_index", ["index"]));

    /// <summary>One document per schema of a component; see <see cref="SchemaDocument"/>.</summary>
    public static Table Schemas { get; } = Make(4, "_schemas", 516, 8, ("by_component_state", ["component", "state"]));

    /// <summary>All four.</summary>
    public static ImmutableArray<Table> All { get; } = [Tables, Indexes, Backfills, Schemas];

    /// <summary><c>_tables</c> by component and name.</summary>
    public static Index ByName { get; } = Tables.FindIndex("by_component_name")!;

    /// <summary><c>_tables</c> by component and number.</summary>
    public static Index ByNumber { get; } = Tables.FindIndex("by_component_number")!;

    /// <summary><c>_indexes</c> by table.</summary>
    public static Index ByTable { get; } = Indexes.FindIndex("by_table")!;

    /// <summary><c>_index_backfills</c> by index.</summary>
    public static Index ByIndex { get; } = Backfills.FindIndex("by_index")!;

    /// <summary><c>_schemas</c> by component and state.</summary>
    public static Index ByState { get; } = Schemas.FindIndex("by_component_state")!;

    /// <summary>Whether a change in this table changes the catalog. Such writes are applied before all others of their commit.</summary>
    public static bool Contains(TableKey table) => table.Number is >= 1 and <= 4;

    /// <summary>Whether an index is of one of these tables: its tree stays in memory.</summary>
    public static bool Contains(IndexKeyId index) => index.Number < FirstFreeKey;

    private static Table Make(int key, string name, uint number, int firstIndex, params ReadOnlySpan<(string Name, string[] Fields)> indexes)
    {
        var made = ImmutableArray.CreateBuilder<Index>();
        made.Add(new(new(firstIndex), new(key), "by_id", [FieldPath.Id], IndexState.Enabled, false, null, null));
        foreach (var (indexName, fields) in indexes)
        {
            made.Add(new(new(firstIndex + made.Count), new(key), indexName, [.. fields.Select(FieldPath.Parse), FieldPath.Id], IndexState.Enabled, false, null, null));
        }

        return new(new(key), "", name, number, made.ToImmutable());
    }
}
