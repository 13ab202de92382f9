using System.Collections.Frozen;
using System.Collections.Immutable;
using Fresnel.Values;

namespace Fresnel.Engine.Tables;

/// <summary>All tables and indexes of a snapshot: and the schemas in force: what the documents of the catalog tables say. Immutable.</summary>
/// <remarks>
/// The committer keeps it in step (<see cref="With"/>) as it applies writes to those tables; a transaction keeps a version of its own in step with its writes,
/// so that it sees a table it made; start-up builds it from the documents. The catalog tables themselves are known by code.
/// </remarks>
internal sealed class Catalog
{
    private readonly ImmutableDictionary<TableKey, Table> _tables;
    private readonly ImmutableDictionary<IndexKeyId, TableKey> _tableOfIndex;
    private readonly ImmutableDictionary<string, Names> _components;

    private readonly ImmutableDictionary<string, ComponentSchemas> _schemas;
    private readonly ImmutableSortedSet<int> _backfilling;

    private Catalog(
        ImmutableDictionary<TableKey, Table> tables, ImmutableDictionary<IndexKeyId, TableKey> tableOfIndex,
        ImmutableDictionary<string, Names> components, ImmutableDictionary<string, ComponentSchemas> schemas, ImmutableSortedSet<int> backfilling)
    {
        _backfilling = backfilling;
        _tables = tables;
        _tableOfIndex = tableOfIndex;
        _components = components;
        _schemas = schemas;
    }

    /// <summary>A database that holds nothing but the catalog tables.</summary>
    public static Catalog Initial { get; } = CatalogTables.All.Aggregate(
        new Catalog(
            ImmutableDictionary<TableKey, Table>.Empty, ImmutableDictionary<IndexKeyId, TableKey>.Empty,
            ImmutableDictionary<string, Names>.Empty, ImmutableDictionary<string, ComponentSchemas>.Empty, []),
        (catalog, table) => catalog.Replace(null, table));

    /// <summary>Every table of every component.</summary>
    public IEnumerable<Table> Tables => _tables.Values;

    /// <summary>The components that have tables.</summary>
    public IEnumerable<string> Components => _components.Keys;

    /// <summary>The table with this identity, or null.</summary>
    public Table? Find(TableKey key) => _tables.GetValueOrDefault(key);

    /// <summary>The table of this name, or null.</summary>
    public Table? Find(string component, string name) =>
        _components.TryGetValue(component, out var names) && names.ByName.TryGetValue(name, out var key) ? _tables[key] : null;

    /// <summary>The table of this number, or null.</summary>
    public Table? Find(string component, uint number) =>
        _components.TryGetValue(component, out var names) && names.ByNumber.TryGetValue(number, out var key) ? _tables[key] : null;

    /// <summary>A component's tables by number.</summary>
    public IEnumerable<Table> TablesOf(string component) =>
        _components.TryGetValue(component, out var names) ? names.ByNumber.Values.Select(key => _tables[key]) : [];

    /// <summary>Numbers of a component's tables by name; the same object as long as the tables are the same.</summary>
    public IReadOnlyDictionary<string, uint> NumbersOf(string component) => (_components.GetValueOrDefault(component) ?? Names.None).Numbers;

    /// <summary>The smallest number that no user table of the component has.</summary>
    public uint NextUserTableNumber(string component) => (_components.GetValueOrDefault(component) ?? Names.None).FreeNumber;

    /// <summary>The table that an index belongs to, or null.</summary>
    public Table? TableOf(IndexKeyId index) => _tableOfIndex.TryGetValue(index, out var key) ? _tables[key] : null;

    /// <summary>The index with this identity, or null.</summary>
    public Index? Find(IndexKeyId index) => TableOf(index)?.Indexes.FirstOrDefault(candidate => candidate.Key == index);

    /// <summary>The indexes that are being filled, oldest first.</summary>
    public IEnumerable<Index> Backfilling => _backfilling.Select(number => Find(new IndexKeyId(number))!);

    /// <summary>The schemas of a component that writes are held to.</summary>
    public ComponentSchemas SchemasOf(string component) => _schemas.GetValueOrDefault(component) ?? ComponentSchemas.None;

    /// <summary>The catalog after one document of a catalog table changed.</summary>
    /// <param name="table">One of the catalog tables; any other changes nothing.</param>
    /// <param name="before">The document's version before, or null.</param>
    /// <param name="after">Its version now, or null.</param>
    public Catalog With(TableKey table, Document? before, Document? after)
    {
        if (table == CatalogTables.Tables.Key) return WithTable(before, after);
        if (table == CatalogTables.Indexes.Key) return WithIndex(before, after);
        if (table == CatalogTables.Backfills.Key) return WithBackfill(before, after);
        return table == CatalogTables.Schemas.Key ? WithSchema(before, after) : this;
    }

    private Catalog WithTable(Document? before, Document? after)
    {
        var old = before is null ? null : Find(TableDocument.KeyOf(before));
        var made = after is null ? null : TableDocument.Read(after);
        // The indexes that were made for it stay its own when the document changes.
        if (old is not null && made is not null) made = made with { Indexes = [.. made.Indexes, .. old.Indexes.Where(index => index.DocumentId is not null)] };
        return Replace(old, made);
    }

    private Catalog WithIndex(Document? before, Document? after)
    {
        var old = before is null ? null : IndexDocument.Read(before);
        var made = after is null ? null : IndexDocument.Read(after);
        // A table may go before its indexes do.
        if (Find((made ?? old!).Table) is not { } owner) return this;
        if (old is not null && made is not null && made.State == IndexState.Backfilling) made = made with { Cursor = owner.Indexes.FirstOrDefault(index => index.Key == old.Key)?.Cursor };
        var indexes = owner.Indexes;
        if (old is not null) indexes = indexes.RemoveAll(index => index.Key == old.Key);
        if (made is not null) indexes = indexes.Add(made);
        return Replace(owner, owner with { Indexes = indexes });
    }

    private Catalog WithBackfill(Document? before, Document? after)
    {
        if (Find(BackfillDocument.IndexOf((after ?? before)!)) is not { State: IndexState.Backfilling } index) return this;
        var owner = _tables[index.Table];
        return Replace(owner, owner with { Indexes = owner.Indexes.Replace(index, index with { Cursor = after is null ? null : BackfillDocument.CursorOf(after) }) });
    }

    private Catalog WithSchema(Document? before, Document? after)
    {
        var component = SchemaDocument.ComponentOf((after ?? before)!);
        var schemas = SchemasOf(component).Without((after ?? before)!.Id);
        if (after is not null) schemas = schemas.With(SchemaDocument.Read(after));
        return new(_tables, _tableOfIndex, _components, _schemas.SetItem(component, schemas), _backfilling);
    }

    private Catalog Replace(Table? old, Table? made)
    {
        var tables = _tables;
        var owners = _tableOfIndex;
        var components = _components;
        var backfilling = _backfilling;
        // Most changes are of a table's indexes.
        var keepsNames = old is not null && made is not null && (old.Key, old.Component, old.Name, old.Number) == (made.Key, made.Component, made.Name, made.Number);
        if (old is not null)
        {
            backfilling = backfilling.Except(old.Indexes.Select(index => index.Key.Number));
            tables = tables.Remove(old.Key);
            owners = owners.RemoveRange(old.Indexes.Select(index => index.Key));
            if (!keepsNames) components = components.SetItem(old.Component, components[old.Component].Without(old));
        }

        if (made is not null)
        {
            backfilling = backfilling.Union(made.Indexes.Where(index => index.State == IndexState.Backfilling).Select(index => index.Key.Number));
            tables = tables.SetItem(made.Key, made);
            owners = owners.SetItems(made.Indexes.Select(index => KeyValuePair.Create(index.Key, made.Key)));
            if (!keepsNames) components = components.SetItem(made.Component, (components.GetValueOrDefault(made.Component) ?? Names.None).With(made));
        }

        return new(tables, owners, components, _schemas, backfilling);
    }

    /// <summary>The tables of one component by their names and numbers.</summary>
    /// <param name="ByName">By name.</param>
    /// <param name="ByNumber">By number.</param>
    /// <param name="FreeNumber">The smallest number that no user table has: kept, so that making many tables does not count them all each time.</param>
    private sealed record Names(ImmutableDictionary<string, TableKey> ByName, ImmutableSortedDictionary<uint, TableKey> ByNumber, uint FreeNumber)
    {
        private FrozenDictionary<string, uint>? _numbers;

        public static Names None { get; } = new(ImmutableDictionary<string, TableKey>.Empty, ImmutableSortedDictionary<uint, TableKey>.Empty, Table.FirstUserNumber);

        public Names With(Table table)
        {
            var byNumber = ByNumber.SetItem(table.Number, table.Key);
            var free = FreeNumber;
            while (byNumber.ContainsKey(free)) free++;
            return new(ByName.SetItem(table.Name, table.Key), byNumber, free);
        }

        public Names Without(Table table) => new(
            ByName.Remove(table.Name), ByNumber.Remove(table.Number), table.IsSystem ? FreeNumber : Math.Min(FreeNumber, table.Number));

        public FrozenDictionary<string, uint> Numbers => _numbers ??= Join().ToFrozenDictionary(StringComparer.Ordinal);

        private IEnumerable<KeyValuePair<string, uint>> Join()
        {
            var names = ByName.ToDictionary(entry => entry.Value, entry => entry.Key);
            return ByNumber.Select(entry => KeyValuePair.Create(names[entry.Value], entry.Key));
        }
    }
}
