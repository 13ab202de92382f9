using System.Runtime.CompilerServices;
using Fresnel.Engine.Stores;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Fresnel.Sqlite;

/// <summary>The commit log and the pages in one SQLite file. Every append is synced before it returns.</summary>
/// <remarks>
/// The file is locked for as long as the store is open; a second process is told so. Tables: <c>log(position, bytes)</c>, <c>pages(number, bytes)</c>, and
/// <c>head</c> with one row: the last checkpoint and where the log begins.
/// </remarks>
public sealed class SqliteCommitStore : ICommitStore
{
    /// <summary>The name of the file in the data folder.</summary>
    public const string FileName = "fresnel.db";

    /// <summary>Tells a Fresnel database from any other SQLite file: "Frsn".</summary>
    private const int ApplicationId = 0x4672736e;

    private const int Format = 1;

    /// <summary>Every SQLite file begins with so many bytes.</summary>
    private const int HeaderBytes = 100;

    /// <summary>Bytes of log that are read at once at start.</summary>
    private const int ReadAhead = 4 << 20;

    private readonly string _folder;
    private SqliteThread? _thread;
    private SqliteConnection? _connection;
    private sqlite3_stmt? _append;
    private long _logEnd;

    /// <summary>Names the store; nothing is touched before <see cref="OpenAsync"/>.</summary>
    /// <param name="folder">The data folder; it is made when it is not there.</param>
    public SqliteCommitStore(string folder) => _folder = Path.GetFullPath(folder);

    /// <summary>The length of SQLite's own log, in its pages, at which it is moved into the file. A test that wants that often says a few.</summary>
    internal int MovedAfterPages { get; init; } = 1_000;

    /// <inheritdoc/>
    public async ValueTask<StoreHead> OpenAsync(CancellationToken cancellationToken)
    {
        _thread ??= new();
        try
        {
            return await _thread.RunAsync(Open).WaitAsync(cancellationToken);
        }
        catch (Exception problem) when (problem is SqliteException or IOException or UnauthorizedAccessException or InvalidCastException or InvalidOperationException)
        {
            throw SqliteFailures.OfOpening(_folder, problem);
        }
    }

    /// <inheritdoc/>
    public async ValueTask AppendAsync(long position, ReadOnlyMemory<byte> group, CancellationToken cancellationToken) => await WriteAsync(() =>
    {
        if (position != _logEnd) throw new StoreException(StoreFailure.Refused, $"The commit log ends at {_logEnd}, not at {position}.");
        Append(position, group.Span);
        _logEnd++;
    });

    /// <inheritdoc/>
    public async IAsyncEnumerable<LogRow> ReadLogAsync(long from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var start = from;
            var rows = await ReadAsync(() => ReadRows(start), $"row {start} of the commit log, or one behind it,").WaitAsync(cancellationToken);
            if (rows.Count == 0) yield break;
            foreach (var row in rows) yield return row;
            from = rows[^1].Position + 1;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> ReadPagesAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken) =>
        await ReadAsync(() => ReadPages(numbers), numbers.Count == 1 ? $"page {numbers[0]}" : $"one of {numbers.Count} pages").WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask WritePagesAsync(IReadOnlyList<Page> slice, CancellationToken cancellationToken) => await WriteAsync(() => InTransaction(() =>
    {
        using var insert = Command("INSERT OR REPLACE INTO pages (number, bytes) VALUES ($number, $bytes)", ("$number", SqliteType.Integer), ("$bytes", SqliteType.Blob));
        foreach (var page in slice)
        {
            insert.Parameters[0].Value = page.Number;
            insert.Parameters[1].Value = page.Bytes.ToArray();
            insert.ExecuteNonQuery();
        }
    }));

    /// <inheritdoc/>
    public async ValueTask FlipAsync(ReadOnlyMemory<byte> checkpoint, long logFrom, CancellationToken cancellationToken) => await WriteAsync(() => InTransaction(() =>
    {
        using var flip = Command("UPDATE head SET checkpoint = $checkpoint, log_from = $from", ("$checkpoint", SqliteType.Blob), ("$from", SqliteType.Integer));
        flip.Parameters[0].Value = checkpoint.ToArray();
        flip.Parameters[1].Value = logFrom;
        flip.ExecuteNonQuery();
        using var cut = Command("DELETE FROM log WHERE position < $from", ("$from", SqliteType.Integer));
        cut.Parameters[0].Value = logFrom;
        cut.ExecuteNonQuery();
    }));

    /// <inheritdoc/>
    public async ValueTask DeletePagesAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken) => await WriteAsync(() => InTransaction(() =>
    {
        if (numbers.Count == 0) return;
        using var delete = Command("DELETE FROM pages WHERE number = $number", ("$number", SqliteType.Integer));
        foreach (var number in numbers)
        {
            delete.Parameters[0].Value = number;
            delete.ExecuteNonQuery();
        }
    }));

    /// <inheritdoc/>
    public async ValueTask SweepPagesAsync(long from, CancellationToken cancellationToken) => await WriteAsync(() =>
    {
        using var sweep = Command("DELETE FROM pages WHERE number >= $from", ("$from", SqliteType.Integer));
        sweep.Parameters[0].Value = from;
        sweep.ExecuteNonQuery();
    });

    /// <summary>Closes the file and gives the lock up.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_thread is null) return;
        await _thread.RunAsync(Close);
        _thread.Dispose();
        _thread = null;
    }

    private SqliteThread Thread => _thread ?? throw new InvalidOperationException("The store is not open.");

    private StoreHead Open()
    {
        Close();
        _ = SqliteLibrary.Version;
        CreateForOwner();
        // The timeout is how long another process that is ending is waited for, in seconds.
        _connection = new($"Data Source={Path.Combine(_folder, FileName)};Pooling=False;Default Timeout=1");
        try
        {
            _connection.Open();
            // Exclusive before the first access: then the lock is never given up, and WAL needs no shared memory.
            Execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
            Execute($"PRAGMA wal_autocheckpoint = {MovedAfterPages}");
            InTransaction(CreateOrCheck);
            if (raw.sqlite3_db_readonly(_connection.Handle, "main") != 0) throw new UnauthorizedAccessException("SQLite opened the file for reading alone.");
            CheckStructure("log");
            CheckStructure("head");
            Require(raw.sqlite3_prepare_v2(_connection.Handle, "INSERT INTO log (position, bytes) VALUES (?, ?)", out _append));
            return ReadHead();
        }
        catch
        {
            Close();
            throw;
        }
    }

    /// <summary>Makes folder and file readable by their owner only: environment variables are in there. What is there already keeps the rights that somebody gave it.</summary>
    private void CreateForOwner()
    {
        var file = Path.Combine(_folder, FileName);
        if (File.Exists(_folder)) throw new StoreException(StoreFailure.Unusable, $"The data folder {_folder} is a file, not a folder.");
        RefuseCutOff(file);
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(_folder);
            return;
        }

        Directory.CreateDirectory(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (File.Exists(file))
        {
            // SQLite would open it for reading alone, and then speak of I/O.
            using var written = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            return;
        }

        // SQLite gives its other files the rights of this one. An empty file is a new database to it.
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        using var made = new FileStream(file, options);
    }

    /// <summary>A file that is shorter than any database is a new one to SQLite, which then deletes the log beside it. It is one only if that is all there is.</summary>
    private void RefuseCutOff(string file)
    {
        var found = new FileInfo(file);
        if (!found.Exists || found.Length >= HeaderBytes || File.Exists(file + "-journal")) return;
        if (found.Length > 0 || new FileInfo(file + "-wal") is { Exists: true, Length: > 0 })
            throw new StoreException(StoreFailure.Unusable, $"The file {FileName} in the data folder {_folder} was cut off after {found.Length} bytes. Restore the data folder from a backup.");
    }

    /// <summary>Tests the structure of what must be whole: SQLite has no checksums, and rows that are no longer counted would be missed by nobody. Pages miss each other.</summary>
    private void CheckStructure(string table)
    {
        using var check = Command($"PRAGMA quick_check({table})");
        if (check.ExecuteScalar() is not "ok" and var problem)
            throw new StoreException(StoreFailure.Unusable, $"The file {FileName} in the data folder {_folder} is damaged: {problem} Restore the data folder from a backup.");
    }

    private void CreateOrCheck()
    {
        if (Scalar("SELECT count(*) FROM sqlite_schema") == 0)
        {
            Execute($"""
                CREATE TABLE log (position INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
                CREATE TABLE pages (number INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
                CREATE TABLE head (checkpoint BLOB NOT NULL, log_from INTEGER NOT NULL);
                INSERT INTO head VALUES (x'', 0);
                PRAGMA application_id = {ApplicationId};
                PRAGMA user_version = {Format};
                """);
        }
        else if (Scalar("PRAGMA application_id") != ApplicationId)
            throw new StoreException(StoreFailure.Unusable, $"The file {FileName} in the data folder {_folder} belongs to another program.");
        else if (Scalar("PRAGMA user_version") is var format and not Format)
        {
            throw new StoreException(
                StoreFailure.Unusable,
                format > Format
                    ? $"The database in the data folder {_folder} was written by a newer version of Fresnel."
                    : $"The database in the data folder {_folder} was written by an older version of Fresnel, whose format this one does not read.");
        }
    }

    /// <summary>The busiest statement of all goes past the driver, which would copy the bytes once more.</summary>
    private void Append(long position, ReadOnlySpan<byte> group)
    {
        Require(raw.sqlite3_bind_int64(_append, 1, position));
        Require(raw.sqlite3_bind_blob(_append, 2, group));
        var result = raw.sqlite3_step(_append);
        _ = raw.sqlite3_reset(_append);
        _ = raw.sqlite3_clear_bindings(_append);
        if (result != raw.SQLITE_DONE) Require(result);
    }

    private void Require(int result) => SqliteException.ThrowExceptionForRC(result, _connection!.Handle);

    private StoreHead ReadHead()
    {
        using var command = Command("SELECT checkpoint, log_from, (SELECT max(position) FROM log) FROM head");
        using var reader = command.ExecuteReader();
        reader.Read();
        var from = reader.GetInt64(1);
        _logEnd = reader.IsDBNull(2) ? from : reader.GetInt64(2) + 1;
        return new(reader.GetFieldValue<byte[]>(0), from, _logEnd);
    }

    private List<LogRow> ReadRows(long from)
    {
        using var command = Command("SELECT position, bytes FROM log WHERE position >= $from ORDER BY position", ("$from", SqliteType.Integer));
        command.Parameters[0].Value = from;
        using var reader = command.ExecuteReader();
        var (rows, bytes) = (new List<LogRow>(), 0);
        while (bytes < ReadAhead && reader.Read())
        {
            var group = reader.GetFieldValue<byte[]>(1);
            rows.Add(new(reader.GetInt64(0), group));
            bytes += group.Length;
        }

        return rows;
    }

    private ReadOnlyMemory<byte>[] ReadPages(IReadOnlyList<long> numbers)
    {
        using var command = Command("SELECT bytes FROM pages WHERE number = $number", ("$number", SqliteType.Integer));
        var pages = new ReadOnlyMemory<byte>[numbers.Count];
        for (var i = 0; i < pages.Length; i++)
        {
            command.Parameters[0].Value = numbers[i];
            pages[i] = command.ExecuteScalar() as byte[];
        }

        return pages;
    }

    private async Task<T> ReadAsync<T>(Func<T> work, string what)
    {
        var reading = Thread.RunAsync(work);
        try
        {
            return await reading;
        }
        catch (Exception problem) when (problem is SqliteException or InvalidCastException or InvalidOperationException)
        {
            throw SqliteFailures.OfReading(_folder, what, problem);
        }
    }

    private async Task WriteAsync(Action work)
    {
        try
        {
            // Not to be cancelled: once begun, what became of it must be known.
            await Thread.RunAsync(work);
        }
        catch (SqliteException problem)
        {
            throw SqliteFailures.OfWriting(_folder, problem);
        }
    }

    /// <summary>All of it or nothing. The driver's own transactions do not know that SQLite ends one by itself when the disk is full.</summary>
    private void InTransaction(Action work)
    {
        Execute("BEGIN IMMEDIATE");
        try
        {
            work();
            Execute("COMMIT");
        }
        catch
        {
            if (raw.sqlite3_get_autocommit(_connection!.Handle) == 0) Execute("ROLLBACK");
            throw;
        }
    }

    private SqliteCommand Command(string sql, params ReadOnlySpan<(string Name, SqliteType Type)> parameters)
    {
        var command = _connection!.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, type) in parameters) command.Parameters.Add(name, type);
        return command;
    }

    private void Execute(string sql)
    {
        using var command = Command(sql);
        command.ExecuteNonQuery();
    }

    private long Scalar(string sql)
    {
        using var command = Command(sql);
        return (long)command.ExecuteScalar()!;
    }

    private void Close()
    {
        _append?.Dispose();
        _append = null;
        _connection?.Dispose();
        _connection = null;
    }
}
