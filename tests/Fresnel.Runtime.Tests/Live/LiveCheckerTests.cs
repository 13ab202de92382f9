using Fresnel.Runtime.Live;
using Fresnel.Testing;
using Fresnel.Values;
using static Fresnel.Runtime.Tests.Live.LiveTestbed;

namespace Fresnel.Runtime.Tests.Live;

/// <summary>Random commits against many sessions with many queries, and a model that says what each must have shown.</summary>
public sealed class LiveCheckerTests(ITestOutputHelper output)
{
    private const int Writers = 3, Commits = 250, Sessions = 12;

    /// <summary>Quick ones, slow ones, and queries over several tables; every table is written all the time.</summary>
    private static readonly string[] Queries = ["a", "b", "c", "d", "a+b", "b+c+d", "d+a", "c+a+b+d", "nothing"];

    private static readonly string[] Tables = ["a", "b", "c", "d"];

    [Theory, Spec("data-model", 55)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(20)]
    public async Task Every_transition_is_one_snapshot_of_the_history_none_goes_back_and_the_last_is_the_newest(int patienceMilliseconds)
    {
        var seed = System.Environment.TickCount;
        output.WriteLine($"seed {seed}");
        await using var bed = await OpenAsync(patience: TimeSpan.FromMilliseconds(patienceMilliseconds), cacheBytes: new Random(seed).Next(2) * 100_000);
        var history = new LiveHistory(bed.Database.Published.Timestamp);
        foreach (var (query, yields) in Queries.Zip((int[])[0, 1, 5, 60, 0, 20, 3, 100, 0])) bed.Before(query, (_, _) => YieldAsync(yields));

        var numbers = 0;
        var writers = Task.WhenAll(Enumerable.Range(1, Writers).Select(number => WriteAsync(new Random(seed + number))));
        var readers = Enumerable.Range(0, Sessions).Select(number => ReadAsync(number, new Random(seed + 100 + number))).ToList();
        await Task.WhenAll(readers);

        output.WriteLine($"{bed.Runs.Count} runs, {bed.Live.Cache.Count} kept");
        Assert.Empty(history.Problems().Take(5));

        async Task<Timestamp> WriteAsync(Random random)
        {
            var last = default(Timestamp);
            for (var i = 0; i < Commits; i++)
            {
                var number = Interlocked.Increment(ref numbers);
                var tables = Tables.Where(_ => random.Next(3) == 0).DefaultIfEmpty("a").ToArray();
                last = await bed.InsertAsync(number, tables);
                history.AddCommit(last, number, tables);
                await YieldAsync(random.Next(30));
            }

            return last;
        }

        async Task ReadAsync(int number, Random random)
        {
            using var session = bed.Live.OpenSession();
            var shown = new ShownState(session);
            var told = new Dictionary<uint, (uint Since, uint? Until, string Query)>(); // By the version of the query set.
            var (version, nextId) = (0u, 0u);
            var end = default(Timestamp?);
            ChangeQueries();
            while (true)
            {
                var next = shown.NextAsync();
                // While it is computed: the set may change under it, and in the end the newest is asked for.
                if (random.Next(3) == 0) ChangeQueries();
                if (random.Next(6) == 0) session.RequireTransition(bed.Database.Published.Timestamp);
                if (end is null && await Task.WhenAny(next, writers) == writers)
                {
                    end = (await writers).Max();
                    session.RequireTransition(end.Value);
                }

                var transition = await next;
                var at = transition.QuerySetVersion;
                // What was taken away while it was computed nobody looks at any more, whether it tells of it or not.
                var looked = told.Where(query => query.Value.Since <= at && query.Value.Until is null).ToDictionary(query => query.Key, query => query.Value.Query);
                history.AddTransition(number, transition.Timestamp, looked, shown.Values.Where(value => !(told[value.Key].Until > at)).ToDictionary());
                if (transition.Timestamp >= end && at == version) return;
                await YieldAsync(random.Next(4) == 0 ? 200 : 0); // Now and then it is slow to read.
            }

            void ChangeQueries()
            {
                var changes = new List<LiveQueryChange>();
                version++;
                foreach (var (id, query) in told.Where(query => query.Value.Until is null && random.Next(4) == 0).ToList())
                {
                    told[id] = query with { Until = version };
                    changes.Add(new(id, null));
                }

                for (var added = random.Next(1, 4); added > 0 && told.Values.Count(query => query.Until is null) < 12; added--)
                {
                    var query = Queries[random.Next(Queries.Length)];
                    told.Add(nextId, (version, null, query));
                    changes.Add(new(nextId++, List(query)));
                }

                session.ChangeQueries(version, changes);
            }
        }
    }

    [Fact]
    public void The_checker_sees_what_is_torn_stale_missing_or_goes_back()
    {
        var history = () =>
        {
            var made = new LiveHistory(new Timestamp(1));
            made.AddCommit(new Timestamp(20), 2, ["b"]);
            made.AddCommit(new Timestamp(10), 1, ["a", "b"]);
            return made;
        };
        Dictionary<uint, string> queries = new() { [0] = "a", [1] = "a+b" };
        Dictionary<uint, string> At10() => new() { [0] = "[1]", [1] = "[1][1]" };
        Dictionary<uint, string> At20() => new() { [0] = "[1]", [1] = "[1][1,2]" };

        var right = history();
        right.AddTransition(0, new Timestamp(10), queries, At10());
        right.AddTransition(0, new Timestamp(20), queries, At20());
        Assert.Empty(right.Problems());

        var torn = history();
        torn.AddTransition(0, new Timestamp(20), queries, At10());
        Assert.Contains("it was [1][1,2]", Assert.Single(torn.Problems()), StringComparison.Ordinal);

        var missed = history();
        missed.AddTransition(0, new Timestamp(10), queries, At10());
        Assert.Contains("never showed the newest", Assert.Single(missed.Problems()), StringComparison.Ordinal);

        var back = history();
        back.AddTransition(0, new Timestamp(20), queries, At20());
        back.AddTransition(0, new Timestamp(10), queries, At10());
        back.AddTransition(0, new Timestamp(20), queries, At20());
        Assert.Contains("back", Assert.Single(back.Problems()), StringComparison.Ordinal);

        var lacking = history();
        lacking.AddTransition(0, new Timestamp(20), queries, new Dictionary<uint, string> { [0] = "[1]" });
        Assert.Contains("asked for 0 1", Assert.Single(lacking.Problems()), StringComparison.Ordinal);
    }

    private static async Task YieldAsync(int times)
    {
        for (var time = 0; time < times; time++) await Task.Yield();
    }
}
