using Fresnel.Engine.Commits;
using Fresnel.Engine.Transactions;
using Fresnel.Testing;
using Fresnel.Values;

namespace Fresnel.Engine.Tests.Turns;

public sealed class TurnsAtReadsTests
{
    private static CancellationToken Token => TestDatabase.Token;

    [Fact]
    public async Task Money_goes_between_few_accounts_without_a_circle_and_mostly_without_a_run_in_vain()
    {
        const int Callers = 16, Each = 100;
        await using var db = await TestDatabase.OpenAsync();
        var accounts = new List<DocumentId>();
        for (var i = 0; i < 4; i++) accounts.Add((await db.InsertAsync("accounts", ("n", Value.Float64(100)))).Id);

        var runs = 0;
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            var random = new Random(caller);
            for (var i = 0; i < Each; i++)
            {
                var (from, to) = (accounts[random.Next(4)], accounts[random.Next(4)]);
                if (from != to) Interlocked.Add(ref runs, await TransferAsync(db, from, to));
            }
        }))).WaitAsync(TimeSpan.FromSeconds(60), Token);

        Assert.Equal(400, (await db.ReadAllAsync("accounts")).Sum(document => document.Fields["n"].AsFloat64()));
        Assert.True(runs < 3 * Callers * Each, $"{runs} runs.");
    }

    [Fact]
    public async Task A_turn_that_somebody_waits_for_in_the_middle_of_a_run_is_given_up_when_the_run_is()
    {
        await using var db = await TestDatabase.OpenAsync();
        var counter = (await db.InsertAsync("counters", ("n", Value.Float64(0)))).Id;
        using var first = await LosingAsync(db, counter);
        var slow = await first.BeginAsync(Token);

        using (var gone = db.Database.Contend())
        {
            using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Token);
            using var transaction = await gone.BeginAsync(Token);
            var reading = transaction.GetAsync(transaction.FindTable("", "counters")!, counter.InternalId, leaving.Token).AsTask();
            Assert.False(reading.IsCompleted);
            await leaving.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        }

        await slow.Patch(counter, ("n", Value.Float64(5)));
        Assert.Equal(CommitOutcome.Committed, (await db.CommitAsync(slow)).Outcome);
        using var next = db.Database.Contend();
        using var after = await next.BeginAsync(Token);
        Assert.Equal(Value.Float64(5), (await after.Get(counter).WaitAsync(TimeSpan.FromSeconds(10), Token))!.Fields["n"]);
    }

    [Fact]
    public async Task A_run_goes_on_from_the_roots_of_its_turn_when_what_it_read_before_stays_and_anew_when_it_does_not()
    {
        foreach (var changes in (bool[])[false, true])
        {
            await using var db = await TestDatabase.OpenAsync();
            var counter = (await db.InsertAsync("counters", ("n", Value.Float64(0)))).Id;
            var other = (await db.InsertAsync("others", ("n", Value.Float64(0)))).Id;
            using var first = await LosingAsync(db, counter);
            var slow = await first.BeginAsync(Token);

            using var contender = db.Database.Contend();
            using var transaction = await contender.BeginAsync(Token);
            await transaction.Get(other);
            var reading = transaction.GetAsync(transaction.FindTable("", "counters")!, counter.InternalId, Token).AsTask();
            if (changes) await WriteAsync(db, other, ("n", Value.Float64(1)));
            await slow.Patch(counter, ("n", Value.Float64(7)));
            Assert.Equal(CommitOutcome.Committed, (await db.CommitAsync(slow)).Outcome);

            if (changes) await Assert.ThrowsAsync<Fresnel.Engine.Turns.TurnTakenAnewException>(() => reading.WaitAsync(TimeSpan.FromSeconds(10), Token));
            else Assert.Equal(Value.Float64(7), (await reading.WaitAsync(TimeSpan.FromSeconds(10), Token))!.Fields["n"]);
        }
    }

    /// <summary>One that has lost at a document, and so has its turn there.</summary>
    private static async Task<Fresnel.Engine.Turns.Contender> LosingAsync(TestDatabase db, DocumentId counter)
    {
        var contender = db.Database.Contend();
        var losing = await contender.BeginAsync(Token);
        await losing.Patch(counter, ("n", Value.Float64(-1)));
        await WriteAsync(db, counter, ("n", Value.Float64(1)));
        var lost = await db.SubmitAsync(losing);
        contender.Lost(lost, await lost.Sealed.WaitAsync(TimeSpan.FromSeconds(10), Token));
        return contender;
    }

    private static async Task WriteAsync(TestDatabase db, DocumentId id, (string Name, Value Value) field)
    {
        var transaction = db.Database.BeginWrite();
        await transaction.Patch(id, field);
        Assert.Equal(CommitOutcome.Committed, (await db.CommitAsync(transaction)).Outcome);
    }

    private static async Task<int> TransferAsync(TestDatabase db, DocumentId from, DocumentId to)
    {
        using var contender = db.Database.Contend();
        for (var runs = 1; ; runs++)
        {
            Transaction? transaction = null;
            try
            {
                transaction = await contender.BeginAsync(Token);
                var (source, target) = (await transaction.Get(from), await transaction.Get(to));
                await Task.Yield();
                await transaction.Patch(from, ("n", Value.Float64(source!.Fields["n"].AsFloat64() - 1)));
                await transaction.Patch(to, ("n", Value.Float64(target!.Fields["n"].AsFloat64() + 1)));
            }
            catch (Fresnel.Engine.Turns.TurnTakenAnewException)
            {
                transaction?.Dispose();
                continue;
            }

            var commit = await db.SubmitAsync(transaction);
            var result = await commit.Sealed;
            if (result.Outcome == CommitOutcome.Committed) return runs;
            contender.Lost(commit, result);
        }
    }
}
