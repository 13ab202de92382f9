using System.Collections.Immutable;
using Fresnel.Engine;
using Fresnel.Engine.Log;
using Fresnel.Engine.Tables;
using Fresnel.Values;

namespace Fresnel.Simulation.Worlds;

/// <summary>A reader of the log that keeps what it says in plain dictionaries: what everybody must have seen, told by the simplest means.</summary>
internal sealed class Replica
{
    private readonly Dictionary<(TableKey Table, InternalId Id), (ReadOnlyMemory<byte> Json, Timestamp Timestamp)> _documents;
    private readonly Dictionary<TableKey, string> _tables;
    private readonly SortedDictionary<string, long> _registers;
    private readonly Dictionary<string, long[]> _lists;
    private readonly Dictionary<string, ImmutableSortedSet<long>> _rows;

    public Replica() => (_documents, _tables, _registers, _lists, _rows) =
        ([], CatalogTables.All.ToDictionary(table => table.Key, table => table.Name), new(StringComparer.Ordinal), new(StringComparer.Ordinal), new(StringComparer.Ordinal));

    private Replica(Replica other)
    {
        (_documents, _tables, _registers) = (new(other._documents), new(other._tables), new(other._registers, StringComparer.Ordinal));
        (_lists, _rows) = (new(other._lists, StringComparer.Ordinal), new(other._rows, StringComparer.Ordinal));
        (Timestamp, Groups) = (other.Timestamp, other.Groups);
    }

    /// <summary>The last commit that was applied.</summary>
    public Timestamp Timestamp { get; private set; }

    /// <summary>Groups of the log that were applied.</summary>
    public int Groups { get; private set; }

    /// <summary>Every document by its table and id.</summary>
    public IReadOnlyDictionary<(TableKey Table, InternalId Id), (ReadOnlyMemory<byte> Json, Timestamp Timestamp)> Documents => _documents;

    public Replica Copy() => new(this);

    public long? Register(string key) => _registers.TryGetValue(key, out var version) ? version : null;

    public IEnumerable<(string Key, long Version)> RegistersBetween(string from, string before) => _registers
        .Where(one => string.CompareOrdinal(one.Key, from) >= 0 && string.CompareOrdinal(one.Key, before) < 0).Select(one => (one.Key, one.Value));

    public long[] List(string key) => _lists.GetValueOrDefault(key) ?? [];

    public ImmutableSortedSet<long> Rows(string range) => _rows.GetValueOrDefault(range) ?? [];

    /// <summary>Applies the groups that were not yet, commit by commit.</summary>
    /// <param name="log">The whole log.</param>
    /// <param name="before">Called before each commit.</param>
    public void Apply(IReadOnlyList<ReadOnlyMemory<byte>> log, Action<LoggedCommit>? before = null)
    {
        for (; Groups < log.Count; Groups++)
        {
            foreach (var commit in LogFormat.Read(log[Groups]))
            {
                if (commit.Timestamp <= Timestamp) throw new InvalidDataException($"Commit {commit.Timestamp} comes after {Timestamp} in the log.");
                before?.Invoke(commit);
                foreach (var write in commit.Writes) Apply(commit.Timestamp, write);
                Timestamp = commit.Timestamp;
            }
        }
    }

    private void Apply(Timestamp timestamp, LoggedWrite write)
    {
        var key = (write.Table, write.Id);
        var before = _documents.GetValueOrDefault(key).Json;
        var after = write.IsDelete ? default : write.Json(before);
        if (write.IsDelete ? !_documents.Remove(key) : after.IsEmpty) throw new InvalidDataException($"The log changes document {write.Id} of table {write.Table.Number}, which is not there.");
        if (!write.IsDelete) _documents[key] = (after, timestamp);
        if (write.Table == CatalogTables.Tables.Key) Follow(before, after);
        else if (_tables.TryGetValue(write.Table, out var name)) Follow(name, before, after);
        else throw new InvalidDataException($"The log writes to table {write.Table.Number}, which is not there.");
    }

    private void Follow(ReadOnlyMemory<byte> before, ReadOnlyMemory<byte> after)
    {
        var fields = ValueJson.Parse((after.IsEmpty ? before : after).Span).AsObject();
        var key = new TableKey((int)fields["key"].AsInt64());
        if (after.IsEmpty) _tables.Remove(key);
        else _tables[key] = fields["name"].AsString();
    }

    private void Follow(string table, ReadOnlyMemory<byte> before, ReadOnlyMemory<byte> after)
    {
        if (table is not ("registers" or "lists" or "rows") || after.IsEmpty) return;
        var fields = ValueJson.Parse(after.Span).AsObject();
        if (table == "registers") _registers[fields["key"].AsString()] = fields["version"].AsInt64();
        else if (table == "lists") _lists[fields["key"].AsString()] = Array.ConvertAll(fields["values"].AsArray().ToArray(), value => value.AsInt64());
        else if (before.IsEmpty)
        {
            var range = $"rows{(int)fields["place"].AsFloat64() / 10}";
            _rows[range] = Rows(range).Add(fields["value"].AsInt64());
        }
    }
}
