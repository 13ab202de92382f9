using Fresnel.Engine;
using Fresnel.Engine.Commits;
using Fresnel.Engine.Transactions;
using Fresnel.Values;

namespace Fresnel.Sqlite.Tests;

/// <summary>A process that commits until it is killed, and prints each commit once it is acknowledged: <c>writer number</c>.</summary>
/// <remarks>Each commit inserts a document and counts it in another; so a commit that is half there can be told from a whole one.</remarks>
internal static class CommittingProcess
{
    public const string Command = "commit-until-killed";
    public const int Writers = 4;
    public const int CheckpointAfterLogBytes = 48_000;

    public static DatabaseOptions Options { get; } = new() { CheckpointAfterLogBytes = CheckpointAfterLogBytes };

    public static async Task<int> RunAsync(string folder)
    {
        await using var database = await Database.OpenAsync(new SqliteCommitStore(folder), Options, CancellationToken.None);
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => WriteAsync(database, writer)));
        return 0;
    }

    /// <summary>How far a writer came: its counter, and the numbers of its documents.</summary>
    public static async Task<(long Counter, long[] Numbers)> ReadAsync(Transaction transaction, int writer)
    {
        var (counter, numbers) = (0L, new List<long>());
        if (transaction.FindTable("", "counters") is not { } counters || transaction.FindTable("", "entries") is not { } entries) return (0, []);
        var stream = transaction.Read(counters, counters.ByCreationTime!, KeyInterval.All);
        while (await stream.NextAsync(CancellationToken.None) is { } document)
        {
            if (document.Fields["writer"].AsInt64() == writer) counter = document.Fields["count"].AsInt64();
        }

        stream = transaction.Read(entries, entries.ByCreationTime!, KeyInterval.All);
        while (await stream.NextAsync(CancellationToken.None) is { } document)
        {
            if (document.Fields["writer"].AsInt64() == writer) numbers.Add(document.Fields["number"].AsInt64());
        }

        return (counter, [.. numbers]);
    }

    private static async Task WriteAsync(Database database, int writer)
    {
        while (true)
        {
            var transaction = database.BeginWrite(TransactionLimits.None);
            var counters = transaction.FindTable("", "counters") ?? transaction.CreateTable("", "counters");
            var entries = transaction.FindTable("", "entries") ?? transaction.CreateTable("", "entries");
            var mine = await FindAsync(transaction, writer);
            var number = (mine?.Fields["count"].AsInt64() ?? 0) + 1;
            var counter = ValueObject.Create(("writer", Value.Int64(writer)), ("count", Value.Int64(number)));
            if (mine is null) await transaction.InsertAsync(counters, counter, CancellationToken.None);
            else await transaction.ReplaceAsync(counters, mine.Id, counter, CancellationToken.None);
            await transaction.InsertAsync(
                entries,
                ValueObject.Create(("writer", Value.Int64(writer)), ("number", Value.Int64(number)), ("text", new string('x', (int)(number * 37 % 300)))),
                CancellationToken.None);
            var commit = await database.SubmitAsync(transaction, CancellationToken.None);
            if ((await commit.Published).Outcome == CommitOutcome.Committed) Console.WriteLine($"{writer} {number}");
        }
    }

    private static async Task<Document?> FindAsync(Transaction transaction, int writer)
    {
        var counters = transaction.FindTable("", "counters")!;
        var stream = transaction.Read(counters, counters.ByCreationTime!, KeyInterval.All);
        while (await stream.NextAsync(CancellationToken.None) is { } document)
        {
            if (document.Fields["writer"].AsInt64() == writer) return document;
        }

        return null;
    }
}
