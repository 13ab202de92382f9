using Fresnel.Engine;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Simulation.Histories;
using Fresnel.Values;

namespace Fresnel.Simulation.Workloads;

/// <summary>One run of a transaction by a client: lists, registers and ranges as documents of three tables. Takes down what it does and what it is shown.</summary>
/// <param name="transaction">The engine's.</param>
/// <param name="recorder">Gives values that were never given.</param>
/// <param name="cancellationToken">Gives up.</param>
/// <param name="pause">Awaited before each look at the database; null for no pause.</param>
internal sealed class ClientTransaction(Transaction transaction, HistoryRecorder recorder, CancellationToken cancellationToken, Func<ValueTask>? pause = null)
{
    /// <summary>What makes a document a little larger than its values, so that the memory budget is felt.</summary>
    private static readonly Value Padding = new string('.', 200);

    private readonly List<Operation> _operations = [];

    public IReadOnlyList<Operation> Operations => _operations;

    /// <summary>Makes the tables.</summary>
    public static void CreateTables(Transaction transaction)
    {
        foreach (var (name, field) in new[] { ("lists", "key"), ("registers", "key"), ("rows", "place") })
        {
            var table = transaction.CreateTable("", name);
            transaction.EnableIndex(transaction.CreateIndex(table, $"by_{field}", [FieldPath.Parse(field)]));
        }
    }

    public async ValueTask<long[]> ReadListAsync(string key)
    {
        var found = await FindAsync("lists", key);
        var values = found is null ? [] : Array.ConvertAll(found.Fields["values"].AsArray().ToArray(), value => value.AsInt64());
        _operations.Add(new ReadList(key, values));
        return values;
    }

    public async ValueTask AppendAsync(string key)
    {
        var value = recorder.NextValue();
        var found = await FindAsync("lists", key);
        if (found is null) await InsertAsync("lists", ("key", key), ("values", Value.Array(Value.Int64(value))), ("padding", Padding));
        else await PatchAsync("lists", found, ("values", Value.Array([.. found.Fields["values"].AsArray(), Value.Int64(value)])));
        _operations.Add(new Append(key, value));
    }

    /// <summary>Reads a register; what it holds beside its version, or null.</summary>
    public async ValueTask<long?> ReadAsync(string key)
    {
        var found = await FindAsync("registers", key);
        _operations.Add(new Read(key, found?.Fields["version"].AsInt64()));
        return found?.Fields["amount"].AsInt64();
    }

    public async ValueTask WriteAsync(string key, long amount)
    {
        var version = recorder.NextValue();
        var found = await FindAsync("registers", key);
        if (found is null) await InsertAsync("registers", ("key", key), ("version", Value.Int64(version)), ("amount", Value.Int64(amount)), ("padding", Padding));
        else await PatchAsync("registers", found, ("version", Value.Int64(version)), ("amount", Value.Int64(amount)));
        _operations.Add(new Write(key, version));
    }

    /// <summary>Reads the registers from one name, to just before another.</summary>
    public async ValueTask ReadRegistersAsync(string from, string before)
    {
        var table = Table("registers");
        var stream = transaction.Read(table, table.FindIndex("by_key")!, new(IndexKey.Encode(from), IndexKey.Encode(before)));
        while (await stream.NextAsync(cancellationToken) is { } found)
        {
            var fields = found.Fields;
            _operations.Add(new Read(fields["key"].AsString(), fields["version"].AsInt64()));
        }
    }

    /// <summary>Reads the rows whose place lies in a stretch of ten.</summary>
    public async ValueTask<int> ReadRowsAsync(int range, bool descending)
    {
        if (pause is not null) await pause();
        var table = Table("rows");
        var interval = new KeyInterval(IndexKey.Encode(Value.Float64(range * 10)), IndexKey.Encode(Value.Float64(range * 10 + 10)));
        var stream = transaction.Read(table, table.FindIndex("by_place")!, interval, descending);
        var rows = new List<long>();
        while (await stream.NextAsync(cancellationToken) is { } document) rows.Add(document.Fields["value"].AsInt64());
        _operations.Add(new ReadRows($"rows{range}", [.. rows]));
        return rows.Count;
    }

    /// <summary>Adds a row somewhere in a stretch, without looking.</summary>
    public async ValueTask AddRowAsync(int range, int place)
    {
        var value = recorder.NextValue();
        await InsertAsync("rows", ("place", Value.Float64(range * 10 + place)), ("value", Value.Int64(value)), ("padding", Padding));
        _operations.Add(new AddRow($"rows{range}", value));
    }

    private async ValueTask<Document?> FindAsync(string name, string key)
    {
        if (pause is not null) await pause();
        var table = Table(name);
        var stream = transaction.Read(table, table.FindIndex("by_key")!, KeyInterval.Prefix(IndexKey.Encode(key)));
        var found = await stream.NextAsync(cancellationToken);
        if (found is not null && await stream.NextAsync(cancellationToken) is not null) throw new InvalidDataException($"There are two documents of key {key} in {name}.");
        return found;
    }

    private async ValueTask InsertAsync(string table, params (string Name, Value Value)[] fields) =>
        await transaction.InsertAsync(Table(table), ValueObject.Create(fields), cancellationToken);

    private async ValueTask PatchAsync(string table, Document document, params (string Name, Value Value)[] fields) =>
        await transaction.PatchAsync(Table(table), document.Id, new([.. fields.Select(field => KeyValuePair.Create(field.Name, field.Value))]), cancellationToken);

    private Table Table(string name) => transaction.FindTable("", name) ?? throw new InvalidDataException($"There is no table {name}.");
}
