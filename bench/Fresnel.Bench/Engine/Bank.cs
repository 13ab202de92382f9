using Fresnel.Engine;
using Fresnel.Engine.Commits;
using Fresnel.Engine.Pages;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Sqlite;
using Fresnel.Values;

namespace Fresnel.Bench.Engine;

/// <summary>Accounts in an engine over SQLite, durable, and money that goes from one to another by the engine's API.</summary>
internal sealed class Bank : IAsyncDisposable
{
    private readonly Database _database;
    private readonly KeyInterval[] _names;

    private Bank(Database database, int accounts)
    {
        _database = database;
        _names = [.. Enumerable.Range(0, accounts).Select(i => KeyInterval.Prefix(IndexKey.Encode(Value.Float64(i))))];
    }

    public ContentionReport Contended => new(_database.Contended);

    public static async Task<Bank> OpenAsync(string folder, int accounts, CancellationToken cancellationToken)
    {
        var database = await Database.OpenAsync(new SqliteCommitStore(folder), new(), cancellationToken);
        await CommitAsync(database, transaction =>
        {
            var table = transaction.CreateTable("", "accounts");
            transaction.EnableIndex(transaction.CreateIndex(table, "by_number", [FieldPath.Parse("number")]));
            return Task.CompletedTask;
        }, cancellationToken);
        for (var from = 0; from < accounts; from += 10_000)
        {
            await CommitAsync(database, async transaction =>
            {
                var table = transaction.FindTable("", "accounts")!;
                for (var i = from; i < Math.Min(from + 10_000, accounts); i++)
                    await transaction.InsertAsync(table, ValueObject.Create(("number", Value.Float64(i)), ("balance", Value.Float64(1_000))), cancellationToken);
            }, cancellationToken);
        }

        return new(database, accounts);
    }

    /// <summary>Two reads by an index, two patches; until it is durable.</summary>
    public ValueTask TransferAsync(int from, int to, CancellationToken cancellationToken) => RunAsync(
        async (transaction, table) =>
        {
            var index = table.FindIndex("by_number")!;
            var payer = (await transaction.Read(table, index, _names[from]).NextAsync(cancellationToken))!;
            var payee = (await transaction.Read(table, index, _names[to]).NextAsync(cancellationToken))!;
            if (payee.Id == payer.Id) return;
            await AddAsync(transaction, table, payer, -1, cancellationToken);
            await AddAsync(transaction, table, payee, 1, cancellationToken);
        },
        cancellationToken);

    /// <summary>One read by an index, one patch; until it is durable.</summary>
    public ValueTask IncrementAsync(int account, CancellationToken cancellationToken) => RunAsync(
        async (transaction, table) =>
        {
            var found = (await transaction.Read(table, table.FindIndex("by_number")!, _names[account]).NextAsync(cancellationToken))!;
            await AddAsync(transaction, table, found, 1, cancellationToken);
        },
        cancellationToken);

    public async Task<double> TotalAsync(CancellationToken cancellationToken)
    {
        using var transaction = _database.BeginRead(limits: TransactionLimits.None);
        var table = transaction.FindTable("", "accounts")!;
        var all = transaction.Read(table, table.ByCreationTime!, KeyInterval.All);
        var total = 0.0;
        while (await all.NextAsync(cancellationToken) is { } account) total += account.Fields["balance"].AsFloat64();
        return total;
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    private static async ValueTask AddAsync(Transaction transaction, Table table, Document account, double amount, CancellationToken cancellationToken) =>
        await transaction.PatchAsync(table, account.Id, new([KeyValuePair.Create("balance", Value.Float64(account.Fields["balance"].AsFloat64() + amount))]), cancellationToken);

    private async ValueTask RunAsync(Func<Transaction, Table, ValueTask> work, CancellationToken cancellationToken)
    {
        using var contender = _database.Contend();
        while (true)
        {
            var transaction = await contender.BeginAsync(cancellationToken);
            try
            {
                await work(transaction, transaction.FindTable("", "accounts")!);
            }
            catch (SnapshotTooOldException)
            {
                transaction.Dispose();
                continue;
            }

            if (await IsDurableAsync(contender, transaction, cancellationToken)) return;
        }
    }

    private async ValueTask<bool> IsDurableAsync(Fresnel.Engine.Turns.Contender contender, Transaction transaction, CancellationToken cancellationToken)
    {
        var commit = await _database.SubmitAsync(transaction, cancellationToken);
        var end = await commit.Published;
        if (end.Outcome == CommitOutcome.Committed) return true;
        if (end.Outcome != CommitOutcome.Conflict) throw new InvalidOperationException($"A transfer ended as {end.Outcome}.");
        contender.Lost(commit, end);
        return false;
    }

    private static async Task CommitAsync(Database database, Func<Transaction, Task> work, CancellationToken cancellationToken)
    {
        var transaction = database.BeginWrite(TransactionLimits.None);
        await work(transaction);
        await (await database.SubmitAsync(transaction, cancellationToken)).Published;
    }

    /// <summary>How often transactions were in each other's way.</summary>
    internal readonly record struct ContentionReport(Fresnel.Engine.Turns.ContentionReport Counts)
    {
        public override string ToString() => $"{Counts.Conflicts} conflicts, {Counts.Turns} turns, {Counts.Protections} protections";
    }
}
