using System.Threading.Channels;
using Fresnel.Runtime.Live;
using Fresnel.Values;
using static Fresnel.Runtime.Tests.Live.LiveTestbed;

namespace Fresnel.Runtime.Tests.Live;

/// <summary>Which snapshots sessions take, and what that costs. Source: <c>design.md</c> §4, watches and live queries.</summary>
public sealed class LiveRoundsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_slow_query_over_a_table_that_is_written_all_the_time_shows_ever_newer_results_and_its_session_goes_on()
    {
        await using var bed = await OpenAsync(patience: TimeSpan.Zero);
        var runs = HoldRuns(bed, "slow");
        using var session = bed.Live.OpenSession();
        var shown = new ShownState(session);
        session.ChangeQueries(1, [new(0, List("slow")), new(1, List("quick"))]);
        using var other = bed.Live.OpenSession();
        var otherShown = new ShownState(other);
        other.ChangeQueries(1, [new(0, List("quick"))]);

        var before = default(Timestamp);
        for (var number = 0; number < 100; number += 10)
        {
            var next = shown.NextAsync();
            var goOn = await runs.ReadAsync(Token).AsTask().WaitAsync(Patience, Token);
            // While it runs, both tables are written, and who does not need it is not held up.
            for (var i = number; i < number + 10; i++)
            {
                await bed.InsertAsync(i, "slow");
                await otherShown.CatchUpAsync(await bed.InsertAsync(i, "quick"));
            }

            Assert.False(next.IsCompleted);
            goOn.SetResult();
            var transition = await next;
            Assert.True(transition.Timestamp > before);
            before = transition.Timestamp;
            Assert.Equal(await bed.ListAtAsync("slow", before), shown.Values[0]);
            Assert.Equal(await bed.ListAtAsync("quick", before), shown.Values[1]);
            Assert.Equal(number, Numbers(shown.Values[0]));
            Assert.Equal(number, Numbers(shown.Values[1]));
        }

        Assert.Equal(10, bed.Runs.Count(run => run.Table == "slow"));
    }

    [Fact]
    public async Task Sessions_that_come_to_a_slow_query_one_after_another_are_served_by_one_more_run()
    {
        await using var bed = await OpenAsync(patience: TimeSpan.Zero);
        var runs = HoldRuns(bed, "slow");
        var sessions = new List<(LiveSession Session, ShownState Shown, Task<LiveTransition> Next)>();
        Timestamp last = default;
        for (var number = 0; number < 10; number++)
        {
            // Each of them would take a round of its own, for the table is written in between.
            var session = bed.Live.OpenSession();
            session.ChangeQueries(1, [new(0, List("slow")), new(1, List("quick"))]);
            var shown = new ShownState(session);
            sessions.Add((session, shown, shown.NextAsync()));
            last = await bed.InsertAsync(number, "slow", "quick");
        }

        (await runs.ReadAsync(Token).AsTask().WaitAsync(Patience, Token)).SetResult();
        await sessions[0].Next;
        (await runs.ReadAsync(Token).AsTask().WaitAsync(Patience, Token)).SetResult();
        foreach (var (_, _, next) in sessions) await next;

        Assert.Equal(2, bed.Runs.Count(run => run.Table == "slow"));
        foreach (var (session, shown, next) in sessions.Skip(1))
        {
            Assert.Equal(last, (await next).Timestamp);
            Assert.Equal((10, 10), (Numbers(shown.Values[0]), Numbers(shown.Values[1])));
            session.Dispose();
        }

        sessions[0].Session.Dispose();
    }

    /// <summary>Two sessions hold a snapshot, with more to run than they may at once; meanwhile others have gone on. What is left is run at their snapshot, once for both.</summary>
    [Fact]
    public async Task Sessions_that_hold_a_snapshot_which_a_query_has_skipped_share_one_extra_run_of_it()
    {
        await using var bed = await OpenAsync(patience: TimeSpan.Zero);
        var held = new TaskCompletionSource();
        for (var i = 0; i < 20; i++) bed.Before($"held{i}", (_, _) => held.Task);
        var first = await bed.InsertAsync(0, "a");
        var holders = new List<(LiveSession Session, ShownState Shown, Task<LiveTransition> Next)>();
        for (var i = 0; i < 2; i++)
        {
            var session = bed.Live.OpenSession();
            session.ChangeQueries(1, [.. Enumerable.Range(0, 20).Select(n => new LiveQueryChange((uint)n, List($"held{n}"))), new(20, List("a"))]);
            var shown = new ShownState(session);
            holders.Add((session, shown, shown.NextAsync()));
        }

        var second = await bed.InsertAsync(1, "a");
        using var other = bed.Live.OpenSession();
        other.ChangeQueries(1, [new(0, List("a"))]);
        await new ShownState(other).CatchUpAsync(second);
        held.SetResult();

        foreach (var (_, shown, next) in holders)
        {
            Assert.Equal(first, (await next).Timestamp);
            Assert.Equal("[0]", shown.Values[20]);
            await shown.CatchUpAsync(second);
            Assert.Equal("[0,1]", shown.Values[20]);
        }

        Assert.Equal([second, first], bed.Runs.Where(run => run.Table == "a").Select(run => run.At));
        foreach (var (session, _, _) in holders) session.Dispose();
    }

    [Fact]
    public async Task Five_hundred_patches_watched_by_a_hundred_sessions_cost_at_most_five_hundred_runs()
    {
        await using var bed = await OpenAsync(patience: TimeSpan.Zero);
        await bed.InsertAsync(0, "a");
        var sessions = Enumerable.Range(0, 100).Select(_ => bed.Live.OpenSession()).ToList();
        var shown = sessions.ConvertAll(session => new ShownState(session));
        foreach (var session in sessions) session.ChangeQueries(1, [new(0, List("a"))]);
        foreach (var state in shown) await state.NextAsync();
        Assert.Single(bed.Runs);

        var last = new TaskCompletionSource<Timestamp>();
        var readers = shown.ConvertAll(async state =>
        {
            while (Numbers(state.Values[0]) < 501) await state.NextAsync();
            Assert.Equal(await last.Task, state.Last!.Timestamp);
        });
        Timestamp written = default;
        for (var number = 1; number <= 500; number++) written = await bed.InsertAsync(number, "a");
        last.SetResult(written);
        await Task.WhenAll(readers);

        Assert.True(bed.Runs.Count <= 501, $"{bed.Runs.Count} runs.");
        sessions.ForEach(session => session.Dispose());
    }

    [Fact]
    public async Task A_session_that_is_slow_to_read_gets_the_newest_state_and_no_queue()
    {
        await using var bed = await OpenAsync();
        using var slow = bed.Live.OpenSession();
        var slowShown = new ShownState(slow);
        slow.ChangeQueries(1, [new(0, List("a")), new(1, List("b"))]);
        await slowShown.NextAsync();
        using var quick = bed.Live.OpenSession();
        var quickShown = new ShownState(quick);
        quick.ChangeQueries(1, [new(0, List("a"))]);

        Timestamp last = default;
        for (var number = 0; number < 50; number++)
        {
            last = await bed.InsertAsync(number, "a");
            await quickShown.CatchUpAsync(last);
        }

        var transition = await slowShown.NextAsync();
        Assert.Equal(last, transition.Timestamp);
        Assert.Equal(50, Numbers(slowShown.Values[0]));
        Assert.Equal([0u], transition.Modifications.Select(modification => modification.QueryId));

        // And then there is nothing more to tell, until something is written.
        var next = slowShown.NextAsync();
        Assert.False(next.IsCompleted);
        var written = await bed.InsertAsync(0, "b");
        Assert.Equal(written, (await next).Timestamp);
        // What the quick one showed, the slow one need not run.
        Assert.Equal(51, bed.Runs.Count(run => run.Table == "a"));
    }

    /// <summary>Every run on a table waits until the test lets it go on.</summary>
    private static ChannelReader<TaskCompletionSource> HoldRuns(LiveTestbed bed, string table)
    {
        var runs = Channel.CreateUnbounded<TaskCompletionSource>();
        bed.Before(table, (_, _) =>
        {
            var goOn = new TaskCompletionSource();
            runs.Writer.TryWrite(goOn);
            return goOn.Task;
        });
        return runs.Reader;
    }

    private static int Numbers(string list) => list == "[]" ? 0 : list.Count(character => character == ',') + 1;
}
