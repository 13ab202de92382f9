using System.Text;
using Fresnel.Engine;
using Fresnel.Engine.Commits;
using Fresnel.Engine.Stores;
using Fresnel.Engine.Transactions;
using Fresnel.Sqlite.Tests.Disk;
using Fresnel.Values;
using Microsoft.Data.Sqlite;

namespace Fresnel.Sqlite.Tests;

/// <summary>Files that are not what was written: refused when they are opened or where they are touched, with a sentence; nothing wrong is ever served.</summary>
public sealed class DamagedFileTests(ITestOutputHelper output) : IDisposable
{
    private const int Documents = 300;

    private readonly QuickFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string DatabaseFile => Path.Combine(_folder.Path, SqliteCommitStore.FileName);

    private string LogFile => DatabaseFile + "-wal";

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("PRAGMA user_version = 7", "The database in the data folder {0} was written by a newer version of Fresnel.")]
    [InlineData("PRAGMA user_version = 0", "The database in the data folder {0} was written by an older version of Fresnel, whose format this one does not read.")]
    [InlineData("PRAGMA application_id = 5", "The file fresnel.db in the data folder {0} belongs to another program.")]
    [InlineData("DELETE FROM head", "The file fresnel.db in the data folder {0} is not a database, or it is damaged. Restore the data folder from a backup.")]
    [InlineData("DROP TABLE log", "The database in the data folder {0} cannot be opened: SQLite Error 1: 'no such table: log'.")]
    public async Task A_database_that_this_version_cannot_use_is_refused_with_a_sentence_and_left_alone(string change, string sentence)
    {
        await WriteAsync();
        await ExecuteAsync(change);
        var before = await File.ReadAllBytesAsync(DatabaseFile, Token);
        await using var store = new SqliteCommitStore(_folder.Path);
        var refused = await Assert.ThrowsAsync<StoreException>(async () => await store.OpenAsync(Token));
        Assert.Equal((StoreFailure.Unusable, string.Format(null, sentence, _folder.Path)), (refused.Failure, refused.Message));
        await store.DisposeAsync();
        Assert.Equal(before, await File.ReadAllBytesAsync(DatabaseFile, Token));
    }

    [Fact]
    public async Task A_log_that_was_cut_is_not_taken_for_a_whole_one_when_its_checkpoint_is_gone()
    {
        await WriteAsync();
        await ExecuteAsync("UPDATE head SET checkpoint = x''");
        var refused = await Assert.ThrowsAsync<StoreException>(ReadAsync);
        Assert.Equal(StoreFailure.Unusable, refused.Failure);
        Assert.Matches(@"^The database cannot be read: The commit log begins at position \d+, and the checkpoint before it is gone\. Restore the data folder from a backup\.$", refused.Message);
    }

    [Fact]
    public async Task A_file_that_lost_its_end_is_refused_when_it_is_opened()
    {
        await WriteAsync();
        var whole = await File.ReadAllBytesAsync(DatabaseFile, Token);
        foreach (var length in (int[])[1, 50, 100, 4_096, 8_192, whole.Length / 2, whole.Length - 8_192 - 1, whole.Length - 8_192])
        {
            await File.WriteAllBytesAsync(DatabaseFile, whole[..length], Token);
            var refused = await Assert.ThrowsAsync<StoreException>(ReadAsync);
            Assert.True(refused.Failure == StoreFailure.Unusable, $"{length} of {whole.Length} bytes: {refused}");
            Assert.Equal(
                length < 100
                    ? $"The file fresnel.db in the data folder {_folder.Path} was cut off after {length} bytes. Restore the data folder from a backup."
                    : $"The file fresnel.db in the data folder {_folder.Path} is not a database, or it is damaged. Restore the data folder from a backup.",
                refused.Message);
        }
    }

    [Fact]
    public async Task An_emptied_file_beside_a_log_that_was_not_is_refused()
    {
        await CopyOfLivingAsync();
        await File.WriteAllBytesAsync(DatabaseFile, [], Token);
        var refused = await Assert.ThrowsAsync<StoreException>(ReadAsync);
        Assert.Equal(
            (StoreFailure.Unusable, $"The file fresnel.db in the data folder {_folder.Path} was cut off after 0 bytes. Restore the data folder from a backup."),
            (refused.Failure, refused.Message));
        Assert.NotEqual(0, new FileInfo(LogFile).Length);
    }

    [Fact]
    public async Task A_torn_or_scribbled_log_of_SQLite_ends_before_the_first_group_that_is_not_whole()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        output.WriteLine($"Seed {seed}.");
        var groups = await CopyOfLivingAsync();
        var (database, log) = (await File.ReadAllBytesAsync(DatabaseFile, Token), await File.ReadAllBytesAsync(LogFile, Token));
        var counts = new HashSet<int>();
        for (var i = 0; i < 40; i++)
        {
            await File.WriteAllBytesAsync(DatabaseFile, database, Token);
            var bytes = log.ToArray();
            var at = random.Next(log.Length);
            // Cut off, one bit, or nothing but noise from there on.
            if (i % 3 == 0) bytes = bytes[..at];
            else if (i % 3 == 1) bytes[at] ^= (byte)(1 << random.Next(8));
            else random.NextBytes(bytes.AsSpan(at));
            await File.WriteAllBytesAsync(LogFile, bytes, Token);

            await using var store = new SqliteCommitStore(_folder.Path);
            StoreHead head;
            try
            {
                head = await store.OpenAsync(Token);
            }
            catch (StoreException refused)
            {
                // The tables themselves are made by the log's first frames.
                Assert.True(refused.Failure == StoreFailure.Unusable && at < 3 * 8_300, $"Seed {seed}, damaged at {at}: {refused}");
                continue;
            }

            var model = await StoreModel.ReadAsync(store, head, 1, Token);
            Assert.Equal(groups.Take(model.Log.Count), model.Log);
            counts.Add(model.Log.Count);
            await store.AppendAsync(head.LogEnd, groups[0], Token);
        }

        Assert.True(counts.Count > 5, $"Seed {seed}: {string.Join(' ', counts)}");
    }

    [Fact]
    public async Task A_bit_flipped_in_a_row_of_the_log_is_found_at_the_start_and_the_row_is_named()
    {
        await WriteAsync();
        await FlipBitAsync("needle in the log");
        var refused = await Assert.ThrowsAsync<StoreException>(ReadAsync);
        Assert.Equal(StoreFailure.Unusable, refused.Failure);
        Assert.Matches(
            @"^The database cannot be read: Row \d+ of the commit log cannot be applied\. A row of the commit log is damaged: its checksum does not fit\. Restore the data folder from a backup\.$",
            refused.Message);
    }

    [Fact]
    public async Task A_bit_flipped_in_a_page_is_found_where_it_is_touched_and_the_page_is_named()
    {
        await WriteAsync();
        await FlipBitAsync("needle in a page");
        await using var database = await Database.OpenAsync(new SqliteCommitStore(_folder.Path), new(), Token);
        var refused = await Assert.ThrowsAsync<StoreException>(() => ReadAsync(database, "numbers"));
        Assert.Equal(StoreFailure.Damaged, refused.Failure);
        Assert.Matches(@"^Page \d+ of the database cannot be read: A page is damaged: its checksum does not fit\. Restore the data folder from a backup\.$", refused.Message);
        // The rest is served, and commits are taken.
        Assert.Single(await ReadAsync(database, "notes"));
        await CommitAsync(database, "notes", "another");
    }

    [Fact]
    public async Task A_page_under_the_number_of_another_is_found_out_although_it_is_whole()
    {
        await WriteAsync();
        // One bit of a row's key is enough to bring it there.
        await ExecuteAsync("UPDATE pages SET bytes = (SELECT bytes FROM pages other WHERE other.number = (pages.number + 1)) WHERE number % 2 = 1 AND number < (SELECT max(number) FROM pages)");
        var refused = await Assert.ThrowsAsync<StoreException>(ReadAsync);
        Assert.Equal(StoreFailure.Damaged, refused.Failure);
        Assert.Matches(@"^Page \d+ of the database cannot be read: Page \d+ is in its place\. Restore the data folder from a backup\.$", refused.Message);
    }

    [Fact]
    public async Task Wherever_a_bit_is_flipped_nothing_wrong_is_served()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        await WriteAsync();
        var expected = await ReadAsync();
        var whole = await File.ReadAllBytesAsync(DatabaseFile, Token);
        var outcomes = new SortedDictionary<string, int>();
        for (var i = 0; i < Flips; i++)
        {
            var at = Place(i, whole, random);
            var bit = random.Next(8);
            var bytes = whole.ToArray();
            bytes[at] ^= (byte)(1 << bit);
            await File.WriteAllBytesAsync(DatabaseFile, bytes, Token);
            File.Delete(LogFile);
            string outcome;
            try
            {
                var found = await ReadAsync();
                Assert.True(expected == found, $"Seed {seed}: bit {bit} of byte {at} (page {at / 8192 + 1}, {at % 8192}) changes what is served.");
                outcome = "no matter";
            }
            catch (StoreException told)
            {
                Assert.True(told.Failure is StoreFailure.Unusable or StoreFailure.Damaged, $"Seed {seed}: bit {bit} of byte {at}: {told}");
                outcome = told.Failure.ToString();
            }

            outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
        }

        output.WriteLine($"Seed {seed}: {string.Join(", ", outcomes.Select(outcome => $"{outcome.Value} {outcome.Key}"))}.");
        Assert.True(outcomes.Count > 1, $"Seed {seed}: no flip was noticed.");
    }

    private static readonly int Flips = int.TryParse(Environment.GetEnvironmentVariable("FRESNEL_BIT_FLIPS"), out var count) ? count : 120;

    /// <summary>Anywhere, or in the first bytes of one of SQLite's pages, where its own structure is.</summary>
    private static int Place(int round, byte[] file, Random random) => round % 2 == 0
        ? random.Next(file.Length)
        : Math.Min(file.Length - 1, random.Next(file.Length / 8_192) * 8_192 + random.Next(40));

    /// <summary>A database that was closed: documents in pages, some large, and a few behind the checkpoint, in the log alone.</summary>
    private async Task WriteAsync()
    {
        await using var database = await Database.OpenAsync(new SqliteCommitStore(_folder.Path), new() { LogKeptBytes = 0 }, Token);
        for (var i = 0; i < Documents; i++) await CommitAsync(database, "numbers", i == 150 ? "needle in a page" : new string('x', i % 60 == 0 ? 6_000 : i % 200));
        await CommitAsync(database, "notes", "a note");
        await database.CheckpointAsync(Token);
        await CommitAsync(database, "numbers", "after the checkpoint");
        await CommitAsync(database, "numbers", "needle in the log");
        await CommitAsync(database, "numbers", "the end");
    }

    /// <summary>A store as a killed process leaves it: what is in SQLite's log is not in the file yet.</summary>
    /// <returns>Its groups.</returns>
    private async Task<List<byte[]>> CopyOfLivingAsync()
    {
        using var living = new QuickFolder();
        await using var store = new SqliteCommitStore(living.Path);
        await store.OpenAsync(Token);
        var (random, groups) = (new Random(3), new List<byte[]>());
        for (var i = 0; i < 40; i++)
        {
            groups.Add(StoreStep.Bytes(random, 20_000));
            await store.AppendAsync(i, groups[^1], Token);
        }

        foreach (var file in Directory.GetFiles(living.Path)) File.Copy(file, Path.Combine(_folder.Path, Path.GetFileName(file)), overwrite: true);
        return groups;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={DatabaseFile};Pooling=False");
        await connection.OpenAsync(Token);
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The test's own words.
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(Token);
    }

    private async Task FlipBitAsync(string where)
    {
        var bytes = await File.ReadAllBytesAsync(DatabaseFile, Token);
        var at = bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(where));
        Assert.True(at > 0);
        bytes[at + 3] ^= 0x20;
        await File.WriteAllBytesAsync(DatabaseFile, bytes, Token);
    }

    private async Task<string> ReadAsync()
    {
        await using var database = await Database.OpenAsync(new SqliteCommitStore(_folder.Path), new(), Token);
        return string.Join('\n', [.. await ReadAsync(database, "numbers"), .. await ReadAsync(database, "notes")]);
    }

    private static async Task<List<string>> ReadAsync(Database database, string name)
    {
        using var transaction = database.BeginRead(limits: TransactionLimits.None);
        if (transaction.FindTable("", name) is not { } table) return [];
        var (stream, lines) = (transaction.Read(table, table.ByCreationTime!, KeyInterval.All), new List<string>());
        while (await stream.NextAsync(Token) is { } document) lines.Add(Encoding.UTF8.GetString(document.Json.Span));
        return lines;
    }

    private static async Task CommitAsync(Database database, string name, string text)
    {
        var transaction = database.BeginWrite();
        var table = transaction.FindTable("", name) ?? transaction.CreateTable("", name);
        await transaction.InsertAsync(table, ValueObject.Create(("text", text)), Token);
        Assert.Equal(CommitOutcome.Committed, (await (await database.SubmitAsync(transaction, Token)).Published.WaitAsync(TimeSpan.FromSeconds(30), Token)).Outcome);
    }
}
