using Fresnel.Sqlite;
using Microsoft.Data.Sqlite;

namespace Fresnel.Bench.Engine;

/// <summary>The peer: the same accounts by hand over the same SQLite driver, one transaction each, WAL, FULL; one connection, statements prepared once.</summary>
internal sealed class HandBank : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly Lock _gate = new();
    private readonly SqliteCommand _begin, _commit, _read, _write;

    public HandBank(string folder, int accounts)
    {
        _ = SqliteLibrary.Version;
        _connection = new($"Data Source={Path.Combine(folder, "hand.db")};Pooling=False");
        _connection.Open();
        Run("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
        Run("CREATE TABLE accounts (id INTEGER PRIMARY KEY, number INTEGER NOT NULL, body TEXT NOT NULL); CREATE UNIQUE INDEX by_number ON accounts (number);");
        Run("BEGIN");
        using (var insert = Command("INSERT INTO accounts (number, body) VALUES ($number, $body)", ("$number", SqliteType.Integer), ("$body", SqliteType.Text)))
        {
            for (var i = 0; i < accounts; i++)
            {
                insert.Parameters[0].Value = i;
                insert.Parameters[1].Value = """{"balance":1000}""";
                insert.ExecuteNonQuery();
            }
        }

        Run("COMMIT");
        _begin = Command("BEGIN IMMEDIATE");
        _commit = Command("COMMIT");
        _read = Command("SELECT id, body FROM accounts WHERE number = $number", ("$number", SqliteType.Integer));
        _write = Command("UPDATE accounts SET body = $body WHERE id = $id", ("$body", SqliteType.Text), ("$id", SqliteType.Integer));
        foreach (var command in (SqliteCommand[])[_begin, _commit, _read, _write]) command.Prepare();
    }

    public void Transfer(int from, int to)
    {
        lock (_gate)
        {
            _begin.ExecuteNonQuery();
            if (to != from)
            {
                Add(from, -1);
                Add(to, 1);
            }

            _commit.ExecuteNonQuery();
        }
    }

    public void Increment(int account)
    {
        lock (_gate)
        {
            _begin.ExecuteNonQuery();
            Add(account, 1);
            _commit.ExecuteNonQuery();
        }
    }

    public void Dispose() => _connection.Dispose();

    private void Add(int account, double amount)
    {
        _read.Parameters[0].Value = account;
        long id;
        double balance;
        using (var reader = _read.ExecuteReader())
        {
            reader.Read();
            id = reader.GetInt64(0);
            using var json = System.Text.Json.JsonDocument.Parse(reader.GetString(1));
            balance = json.RootElement.GetProperty("balance").GetDouble();
        }

        _write.Parameters[0].Value = $$"""{"balance":{{balance + amount}}}""";
        _write.Parameters[1].Value = id;
        _write.ExecuteNonQuery();
    }

    private SqliteCommand Command(string sql, params ReadOnlySpan<(string Name, SqliteType Type)> parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, type) in parameters) command.Parameters.Add(name, type);
        return command;
    }

    private void Run(string sql)
    {
        using var command = Command(sql);
        command.ExecuteNonQuery();
    }
}
