using Fresnel.Engine;
using Fresnel.Engine.Commits;
using Fresnel.Engine.Transactions;
using Fresnel.Values;

namespace Fresnel.Sqlite.Tests;

/// <summary>A process that commits until it is killed, and prints the token of each commit once it is acknowledged: <c>life-writer-number</c>.</summary>
/// <remarks>
/// Each commit inserts a document with a token of its own and counts it in another; so a commit that is half there can be told from a whole one,
/// and one that is there twice from two. Each life of the process has its own name in the tokens.
/// </remarks>
internal static class CommittingProcess
{
    public const string Command = "commit-until-killed";
    public const int Writers = 4;
    public const int CheckpointAfterLogBytes = 48_000;

    public static DatabaseOptions Options { get; } = new() { CheckpointAfterLogBytes = CheckpointAfterLogBytes };

    public static async Task<int> RunAsync(string folder, string life)
    {
        await using var database = await Database.OpenAsync(new SqliteCommitStore(folder), Options, CancellationToken.None);
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => WriteAsync(database, life, writer)));
        return 0;
    }

    /// <summary>How far each writer came: its counter, and the tokens of its documents in order.</summary>
    public static async Task<(long Counter, List<(long Number, string Token)> Entries)[]> ReadAsync(Transaction transaction)
    {
        var writers = Enumerable.Range(0, Writers).Select(_ => (Counter: 0L, Entries: new List<(long Number, string Token)>())).ToArray();
        if (transaction.FindTable("", "counters") is not { } counters || transaction.FindTable("", "entries") is not { } entries) return writers;
        var stream = transaction.Read(counters, counters.ByCreationTime!, KeyInterval.All);
        while (await stream.NextAsync(CancellationToken.None) is { } document) writers[document.Fields["writer"].AsInt64()].Counter = document.Fields["count"].AsInt64();
        stream = transaction.Read(entries, entries.ByCreationTime!, KeyInterval.All);
        while (await stream.NextAsync(CancellationToken.None) is { } document)
            writers[document.Fields["writer"].AsInt64()].Entries.Add((document.Fields["number"].AsInt64(), document.Fields["token"].AsString()));
        return writers;
    }

    private static async Task WriteAsync(Database database, string life, int writer)
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
                ValueObject.Create(("writer", Value.Int64(writer)), ("number", Value.Int64(number)), ("token", $"{life}-{writer}-{number}"), ("text", new string('x', (int)(number * 37 % 300)))),
                CancellationToken.None);
            var commit = await database.SubmitAsync(transaction, CancellationToken.None);
            if ((await commit.Published).Outcome == CommitOutcome.Committed) Console.WriteLine($"{life}-{writer}-{number}");
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
