using Fresnel.Engine.Tables;
using Fresnel.Values;

namespace Fresnel.Engine.Transactions;

/// <content>Finding and making tables.</content>
public sealed partial class Transaction
{
    /// <summary>The table of this name, or null; either way the transaction depends on the answer.</summary>
    public Table? FindTable(string component, string name)
    {
        var table = Catalog.Find(component, name);
        Reads.Add(CatalogTables.ByName.Key, table?.NameInterval ?? Table.IntervalOf(component, name));
        return Found(table);
    }

    /// <summary>The table of this number, or null; either way the transaction depends on the answer.</summary>
    public Table? FindTable(string component, uint number)
    {
        var table = Catalog.Find(component, number);
        Reads.Add(CatalogTables.ByNumber.Key, table?.NumberInterval ?? Table.IntervalOf(component, number));
        return Found(table);
    }

    /// <summary>All tables of a component, system tables included, by number; the transaction depends on the list.</summary>
    public IReadOnlyList<Table> ListTables(string component)
    {
        Reads.Add(CatalogTables.ByNumber.Key, KeyInterval.Prefix(IndexKey.Encode(component)));
        var tables = Catalog.TablesOf(component).ToArray();
        foreach (var table in tables) RecordIndexes(table);
        return tables;
    }

    /// <summary>
    /// Numbers of a component's tables by name, system tables included; the same object as long as the tables are the same. Nothing is recorded:
    /// for one who records each look-up by <see cref="FindTable(string, string)"/>.
    /// </summary>
    public IReadOnlyDictionary<string, uint> TableNumbers(string component) => Catalog.NumbersOf(component);

    /// <summary>Names of a component's tables, for validators; looking a name up records the dependency.</summary>
    public ITableNames TableNames(string component) => new Names(this, component);

    /// <summary>Makes a user table with the next free number.</summary>
    /// <exception cref="DeveloperException">The name is not one, or there are too many tables.</exception>
    public Table CreateTable(string component, string name)
    {
        TableName.RequireUser(name);
        RecordName(component, name);
        if (Catalog.Find(component, name) is not null) throw new InvalidOperationException($"There is a table {name} already.");
        var number = Catalog.NextUserTableNumber(component);
        // Numbers are used again, so below this one there is certainly room: the tables are counted only beyond it.
        var most = _options.Limits.Schema.Tables;
        if (number - Table.FirstUserNumber >= most && Catalog.TablesOf(component).Count(table => !table.IsSystem) >= most) throw TransactionErrors.TooManyTables(most);
        return CreateTable(component, name, number, byCreationTime: true);
    }

    /// <summary>Makes a table with a number that is free.</summary>
    internal Table CreateTable(string component, string name, uint number, bool byCreationTime)
    {
        // Two transactions that take the same number conflict, since each depends on its being free.
        RecordName(component, name);
        RecordNumber(component, number);
        var key = new TableKey(_keys.Next());
        var byId = new IndexKeyId(_keys.Next());
        IndexKeyId? byTime = byCreationTime ? new(_keys.Next()) : null;
        Insert(CatalogTables.Tables, TableDocument.Write(TableDocument.Make(key, component, name, number, byId, byTime)));
        return Catalog.Find(key)!;
    }

    private Table? Found(Table? table)
    {
        if (table is not null) RecordIndexes(table);
        return table;
    }

    private void RecordName(string component, string name) => Reads.Add(CatalogTables.ByName.Key, Table.IntervalOf(component, name));

    private void RecordNumber(string component, uint number) => Reads.Add(CatalogTables.ByNumber.Key, Table.IntervalOf(component, number));

    private void RecordIndexes(Table table)
    {
        if (!CatalogTables.Contains(table.Key)) Reads.Add(CatalogTables.ByTable.Key, table.IndexesInterval);
    }

    private sealed class Names(Transaction transaction, string component) : ITableNames
    {
        public string? NameOf(uint tableNumber) => transaction.FindTable(component, tableNumber)?.Name;
    }
}
