using System.Collections.Concurrent;
using Fresnel.Engine.Commits;
using Fresnel.Engine.Stores;
using Fresnel.Engine.Transactions;
using Fresnel.Testing;
using Fresnel.Values;

namespace Fresnel.Engine.Tests.Commits;

/// <summary>Runs random transactions at once, then repeats those that committed one after another in the order of their timestamps: each must have read exactly what it would read then.</summary>
public sealed class SerializabilityTests
{
    private static readonly string[] Tables = ["red", "green"];

    [Theory, Spec("data-model", 48, 49, 50, 51)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_committed_could_have_run_one_after_another(bool storeRefusesNowAndThen)
    {
        var seed = Environment.TickCount;
        await using var db = await TestDatabase.OpenAsync();
        foreach (var table in Tables) await db.CreateTableAsync(table, ("by_n", ["n"]));
        var refusals = new Random(seed);
        if (storeRefusesNowAndThen) db.Store.FailAppend = _ => refusals.Next(5) == 0 ? StoreFailure.Refused : null;

        var history = new ConcurrentBag<History>();
        var known = new ConcurrentBag<DocumentId>();
        var outcomes = new ConcurrentDictionary<CommitOutcome, int>();
        await Task.WhenAll(Enumerable.Range(0, 6).Select(async worker =>
        {
            var random = new Random(seed + worker);
            for (var i = 0; i < 120; i++)
            {
                var transaction = db.Database.BeginWrite();
                var steps = new List<Step>();
                for (var count = random.Next(1, 7); count > 0; count--)
                {
                    if (random.Next(3) == 0) await Task.Yield();
                    steps.Add(await RandomStepAsync(transaction, random, [.. known]));
                }

                var commit = await db.SubmitAsync(transaction);
                // Half of them wait only for their place, so that others begin from roots that are not durable.
                var result = random.Next(2) == 0 ? await commit.Sealed : await commit.Published;
                foreach (var step in steps.OfType<Insert>()) known.Add(step.Id);
                history.Add(new(commit, steps));
                outcomes.AddOrUpdate(result.Outcome, 1, (_, times) => times + 1);
            }
        }));

        var model = new SortedDictionary<string, Row>(StringComparer.Ordinal);
        var committed = new List<(Timestamp Timestamp, bool Wrote, List<Step> Steps)>();
        foreach (var (commit, steps) in history)
        {
            var result = await commit.Published.WaitAsync(TimeSpan.FromSeconds(10), TestDatabase.Token);
            // One that wrote nothing read at its begin timestamp, behind the commit of that timestamp.
            if (result.Outcome == CommitOutcome.Committed) committed.Add((result.Timestamp, commit.Prepared is not null, steps));
        }

        foreach (var (timestamp, wrote, steps) in committed.OrderBy(entry => entry.Timestamp).ThenByDescending(entry => entry.Wrote))
        {
            foreach (var step in steps) Assert.True(step.Repeat(model), $"Seed {seed}: at {timestamp}, {step} reads something else one after another.");
        }

        foreach (var table in Tables)
        {
            var expected = model.Where(row => row.Value.Table == table).Select(row => (row.Key, row.Value.N));
            var found = (await db.ReadAllAsync(table)).Select(document => (document.Id.ToString(), document.Fields["n"].AsFloat64())).OrderBy(row => row.Item1, StringComparer.Ordinal);
            Assert.Equal(expected, found);
        }

        await DatabaseContents.CheckIndexesAsync(db.Database);
        Assert.True(outcomes.GetValueOrDefault(CommitOutcome.Conflict) > 0, $"Seed {seed}: nothing raced.");
        db.Store.FailAppend = null;
        await using var again = await TestDatabase.OpenAsync(db.Store.Reopen());
        Assert.Equal(await DatabaseContents.OfAsync(db.Database), await DatabaseContents.OfAsync(again.Database));
    }

    private static async Task<Step> RandomStepAsync(Transaction transaction, Random random, DocumentId[] known)
    {
        var table = Tables[random.Next(2)];
        var id = known.Length == 0 ? default : known[random.Next(known.Length)];
        switch (random.Next(known.Length == 0 ? 2 : 5))
        {
            case 0:
                var inserted = await transaction.Insert(table, ("n", Value.Float64(random.Next(20))));
                return new Insert(table, inserted.Id, inserted.Fields["n"].AsFloat64());
            case 1:
                var (lower, upper, take) = (random.Next(20), random.Next(20), random.Next(1, 8));
                var interval = new KeyInterval(IndexKey.Encode(Value.Float64(lower)), IndexKey.Encode(Value.Float64(upper)));
                var found = await transaction.ReadIndex(table, "by_n", interval, take: take);
                return new Scan(table, lower, upper, take, [.. found.Select(document => document.Fields["n"].AsFloat64())]);
            case 2:
                return new Get(id, (await transaction.Get(id))?.Fields["n"].AsFloat64());
            case 3 when await transaction.Get(id) is not null:
                await transaction.Delete(id);
                return new Delete(id);
            case 4 when await transaction.Get(id) is { } document:
                var n = random.Next(20);
                await transaction.Patch(id, ("n", Value.Float64(n)));
                return new Patch(id, document.Fields["n"].AsFloat64(), n);
            default:
                return new Get(id, (await transaction.Get(id))?.Fields["n"].AsFloat64());
        }
    }

    private sealed record History(Commit Commit, List<Step> Steps);

    private sealed record Row(string Table, double N);

    private abstract record Step
    {
        /// <summary>Does the step to the model; false when it finds something else than it found in the database.</summary>
        public abstract bool Repeat(SortedDictionary<string, Row> model);
    }

    private sealed record Insert(string Table, DocumentId Id, double N) : Step
    {
        public override bool Repeat(SortedDictionary<string, Row> model) => model.TryAdd(Id.ToString(), new(Table, N));
    }

    private sealed record Get(DocumentId Id, double? N) : Step
    {
        public override bool Repeat(SortedDictionary<string, Row> model) => model.GetValueOrDefault(Id.ToString())?.N == N;
    }

    private sealed record Delete(DocumentId Id) : Step
    {
        public override bool Repeat(SortedDictionary<string, Row> model) => model.Remove(Id.ToString());
    }

    private sealed record Patch(DocumentId Id, double Before, double After) : Step
    {
        public override bool Repeat(SortedDictionary<string, Row> model)
        {
            if (model.GetValueOrDefault(Id.ToString()) is not { } row || row.N != Before) return false;
            model[Id.ToString()] = row with { N = After };
            return true;
        }
    }

    private sealed record Scan(string Table, double Lower, double Upper, int Most, double[] Found) : Step
    {
        public override bool Repeat(SortedDictionary<string, Row> model) =>
            model.Values.Where(row => row.Table == Table && row.N >= Lower && row.N < Upper).Select(row => row.N).Order().Take(Most).SequenceEqual(Found);
    }
}
