using Fresnel.Engine.Commits;
using Fresnel.Engine.Stores;
using Fresnel.Testing;
using Fresnel.Values;

namespace Fresnel.Engine.Tests.Commits;

/// <summary>The first call of the store fails, then the second, and so on: what a commit was told is true afterwards, here and after a start.</summary>
public sealed class FailingStoreTests(ITestOutputHelper output)
{
    private const int Commits = 24;

    private static CancellationToken Token => TestDatabase.Token;

    [Theory]
    [InlineData(StoreFailure.Refused, false, false)]
    [InlineData(StoreFailure.Unknown, false, false)]
    [InlineData(StoreFailure.Unknown, true, false)]
    [InlineData(StoreFailure.SyncFailed, false, false)]
    [InlineData(StoreFailure.SyncFailed, true, false)]
    [InlineData(StoreFailure.SyncFailed, false, true)]
    [InlineData(StoreFailure.SyncFailed, true, true)]
    public async Task Whichever_call_of_the_store_fails_every_commit_was_told_the_truth(StoreFailure failure, bool isDone, bool crashes)
    {
        var outcomes = new SortedDictionary<string, int>();
        var fault = new StoreFault(failure, isDone, crashes);
        var call = 0;
        while (await RunAsync(call, fault, outcomes)) call++;
        output.WriteLine($"{call} calls failed in turn: {string.Join(", ", outcomes.Select(outcome => $"{outcome.Value} {outcome.Key}"))}.");
        Assert.True(call > Commits, $"Only {call} calls.");
    }

    private static async Task<bool> RunAsync(int failing, StoreFault fault, SortedDictionary<string, int> outcomes)
    {
        var (hasFailed, context) = (false, $"{fault} at call {failing}");
        var inner = new MemoryCommitStore();
        var store = new FaultyCommitStore(inner)
        {
            Fault = (call, _) =>
            {
                if (call != failing) return null;
                hasFailed = true;
                return fault;
            },
        };
        var (acknowledged, possible) = (new SortedSet<long>(), new SortedSet<long>());
        try
        {
            // Memory so small that pages are read again, and a checkpoint now and then.
            await using var database = await Database.OpenAsync(store, new() { MemoryBudget = 64 << 10 }, Token);
            for (var i = 0; i < Commits; i++)
            {
                try
                {
                    var outcome = await CommitAsync(database, i);
                    outcomes[outcome.ToString()] = outcomes.GetValueOrDefault(outcome.ToString()) + 1;
                    if (outcome == CommitOutcome.Committed) acknowledged.Add(i);
                    if (outcome != CommitOutcome.Refused) possible.Add(i);
                    if (i % 7 == 6) await database.CheckpointAsync(Token);
                }
                catch (StoreException failed)
                {
                    Assert.True(hasFailed, $"{context}: {failed}");
                    outcomes[nameof(StoreException)] = outcomes.GetValueOrDefault(nameof(StoreException)) + 1;
                }
            }

            // Once the fault is over, all goes on, unless the process must end.
            if (fault.Failure == StoreFailure.Refused)
            {
                store.Fault = null;
                // A checkpoint that failed is not tried again at once by itself, and memory may be full until then.
                await database.CheckpointAsync(Token);
                var last = await CommitAsync(database, Commits);
                Assert.True(last == CommitOutcome.Committed, $"{context}: {last}");
                acknowledged.Add(Commits);
                possible.Add(Commits);
            }

            if (!fault.Crashes) await CheckAsync(database, acknowledged, possible, context);
        }
        catch (StoreException failed)
        {
            // It was not opened, or not read.
            Assert.True(hasFailed, $"{context}: {failed}");
        }

        await using var again = await Database.OpenAsync(inner.Reopen(), new(), Token);
        await CheckAsync(again, acknowledged, possible, context + ", after a start");
        await DatabaseContents.CheckIndexesAsync(again);
        Assert.Equal(CommitOutcome.Committed, await CommitAsync(again, 1_000));
        return hasFailed;
    }

    private static async Task CheckAsync(Database database, SortedSet<long> acknowledged, SortedSet<long> possible, string context)
    {
        using var transaction = database.BeginRead();
        long[] found = [.. (await transaction.ReadAll("numbers")).Select(document => (long)document.Fields["n"].AsFloat64())];
        Assert.True(found.Order().SequenceEqual(found.Distinct().Order()), $"{context}: {string.Join(' ', found)}");
        Assert.True(acknowledged.IsSubsetOf(found), $"{context}: acknowledged {string.Join(' ', acknowledged)}, found {string.Join(' ', found)}");
        Assert.True(possible.IsSupersetOf(found), $"{context}: possible {string.Join(' ', possible)}, found {string.Join(' ', found)}");
    }

    private static async Task<CommitOutcome> CommitAsync(Database database, int number)
    {
        var transaction = database.BeginWrite();
        Commit commit;
        try
        {
            await transaction.Insert("numbers", ("n", Value.Float64(number)), ("text", new string('x', 2_000)));
            commit = await database.SubmitAsync(transaction, Token);
        }
        catch (Exception gone) when (database.Stopped is not null && gone is not OperationCanceledException)
        {
            return CommitOutcome.Refused;
        }

        return (await commit.Published.WaitAsync(TimeSpan.FromSeconds(20), Token)).Outcome;
    }
}
