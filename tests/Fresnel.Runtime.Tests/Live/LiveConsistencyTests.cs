using Fresnel.Testing;
using Fresnel.Values;
using static Fresnel.Runtime.Tests.Live.LiveTestbed;

namespace Fresnel.Runtime.Tests.Live;

public sealed class LiveConsistencyTests(ITestOutputHelper output)
{
    private static readonly string[] Tables = ["a", "b", "c", "d"];

    /// <summary>Writers, sessions that come and go, queries of all speeds: after every transition everything shown must be of the transition's snapshot (T5), and in the end of the last one.</summary>
    [Fact, Spec("data-model", 55)]
    public async Task Everything_that_a_session_shows_is_always_of_one_snapshot()
    {
        var seed = System.Environment.TickCount;
        output.WriteLine($"seed {seed}");
        await using var bed = await OpenAsync(patience: TimeSpan.FromMilliseconds(2));
        await bed.InsertAsync(0, Tables);
        foreach (var (table, yields) in Tables.Zip((int[])[0, 1, 5, 40])) bed.Before(table, (_, _) => YieldAsync(yields));

        var writer = WriteAsync(bed, new Random(seed), 300);
        var readers = Enumerable.Range(1, 8).Select(number => ReadAsync(bed, new Random(seed + number), writer)).ToList();
        await Task.WhenAll(readers);
        output.WriteLine($"{bed.Runs.Count} runs");
    }

    private static async Task<Timestamp> WriteAsync(LiveTestbed bed, Random random, int commits)
    {
        var last = default(Timestamp);
        for (var number = 1; number <= commits; number++)
        {
            last = await bed.InsertAsync(number, [.. Tables.Where(_ => random.Next(2) == 0).DefaultIfEmpty("a")]);
            await YieldAsync(random.Next(20));
        }

        return last;
    }

    private static async Task ReadAsync(LiveTestbed bed, Random random, Task<Timestamp> writer)
    {
        using var session = bed.Live.OpenSession();
        var shown = new ShownState(session);
        var queries = new Dictionary<uint, string>();
        var (version, nextId) = (0u, 0u);
        var mayBeLast = false;
        while (true)
        {
            if (random.Next(4) == 0 || queries.Count == 0) ChangeQueries();
            var next = shown.NextAsync();
            // Only while the next one is awaited, as whoever writes to a socket does: before that, one that was taken but not looked at would do.
            if (!mayBeLast && await Task.WhenAny(next, writer) == writer)
            {
                session.RequireTransition(await writer);
                mayBeLast = true;
            }

            var transition = await next;
            if (transition.QuerySetVersion < version) continue; // What was added since is told later.

            Assert.Equal(queries.Keys.Order(), shown.Values.Keys.Order());
            foreach (var (id, table) in queries) Assert.Equal(await bed.ListAtAsync(table, transition.Timestamp), shown.Values[id]);
            if (mayBeLast && transition.Timestamp >= await writer) break;
        }

        void ChangeQueries()
        {
            var changes = new List<Fresnel.Runtime.Live.LiveQueryChange>();
            foreach (var id in queries.Keys.Where(_ => random.Next(3) == 0).ToList())
            {
                queries.Remove(id);
                changes.Add(new(id, null));
            }

            for (var added = random.Next(1, 4); added > 0; added--)
            {
                var table = Tables[random.Next(Tables.Length)];
                queries.Add(nextId, table);
                changes.Add(new(nextId++, List(table)));
            }

            session.ChangeQueries(++version, changes);
        }
    }

    private static async Task YieldAsync(int times)
    {
        for (var time = 0; time < times; time++) await Task.Yield();
    }
}
