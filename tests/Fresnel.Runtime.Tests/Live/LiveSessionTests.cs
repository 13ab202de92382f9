using System.Text;
using Fresnel.Runtime.Invocations;
using Fresnel.Runtime.Live;
using Fresnel.Testing;
using Fresnel.Values;
using static Fresnel.Runtime.Tests.Live.LiveTestbed;

namespace Fresnel.Runtime.Tests.Live;

public sealed class LiveSessionTests
{
    [Fact, Spec("client-protocol", 15)]
    public async Task An_empty_change_of_the_query_set_is_covered_by_a_transition()
    {
        await using var bed = await OpenAsync();
        using var session = bed.Live.OpenSession();
        session.ChangeQueries(1, []);

        var transition = await new ShownState(session).NextAsync();

        Assert.Equal((1u, 0u, 0), (transition.QuerySetVersion, transition.IdentityVersion, transition.Modifications.Count));
    }

    [Fact, Spec("client-protocol", 18)]
    public async Task A_commit_inside_what_a_query_read_changes_it_and_one_outside_says_nothing()
    {
        await using var bed = await OpenAsync();
        await bed.InsertAsync(0, "other");
        using var session = bed.Live.OpenSession();
        var shown = new ShownState(session);
        session.ChangeQueries(1, [new(7, List("a"))]);
        await shown.NextAsync();
        Assert.Equal("[]", shown.Values[7]);

        await bed.InsertAsync(1, "other");
        var inside = await bed.InsertAsync(2, "a");
        var transition = await shown.NextAsync();

        Assert.Equal("[2]", shown.Values[7]);
        Assert.Equal(inside, transition.Timestamp);
    }

    [Fact, Spec("client-protocol", 19)]
    public async Task A_result_that_looks_the_same_is_not_told_again()
    {
        await using var bed = await OpenAsync();
        bed.After("a", (_, query) => query with { Outcome = query.Outcome with { Value = "0"u8.ToArray() } });
        using var session = bed.Live.OpenSession();
        var shown = new ShownState(session);
        session.ChangeQueries(1, [new(0, List("a"))]);
        await shown.NextAsync();

        var written = await bed.InsertAsync(1, "a");
        session.RequireTransition(written);
        var transition = await shown.CatchUpAsync(written);

        Assert.Empty(transition.Modifications);
        Assert.Equal(2, bed.Runs.Count);
    }

    [Fact]
    public async Task Of_results_that_look_the_same_nothing_is_sent_unless_somebody_asks()
    {
        await using var bed = await OpenAsync();
        var looksTheSame = true;
        var runs = System.Threading.Channels.Channel.CreateUnbounded<bool>();
        bed.After("a", (_, query) =>
        {
            runs.Writer.TryWrite(true);
            return looksTheSame ? query with { Outcome = query.Outcome with { Value = "0"u8.ToArray() } } : query;
        });
        using var session = bed.Live.OpenSession();
        var shown = new ShownState(session);
        session.ChangeQueries(1, [new(0, List("a"))]);
        await shown.NextAsync();
        await runs.Reader.ReadAsync(TestContext.Current.CancellationToken);

        var next = shown.NextAsync();
        for (var number = 0; number < 5; number++)
        {
            await bed.InsertAsync(number, "a");
            await runs.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        }

        Assert.False(next.IsCompleted);
        looksTheSame = false;
        var written = await bed.InsertAsync(5, "a");
        Assert.Equal((written, 1), ((await next).Timestamp, shown.Last!.Modifications.Count));
        Assert.Equal("[0,1,2,3,4,5]", shown.Values[0]);

        // Asked for while it is being looked at, it is told though there is nothing to tell.
        looksTheSame = true;
        bed.After("a", (_, query) => query with { Outcome = query.Outcome with { Value = "[0,1,2,3,4,5]"u8.ToArray() } });
        var goOn = new TaskCompletionSource();
        var began = new TaskCompletionSource();
        bed.Before("a", (_, _) =>
        {
            began.TrySetResult();
            return goOn.Task;
        });
        next = shown.NextAsync();
        var last = await bed.InsertAsync(6, "a");
        await began.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        session.RequireTransition(last);
        goOn.SetResult();
        Assert.Equal((last, 0), ((await next).Timestamp, shown.Last!.Modifications.Count));
    }

    [Fact]
    public async Task Errors_are_compared_without_their_request_ids()
    {
        await using var bed = await OpenAsync();
        bed.After("a", (call, query) => query with { Outcome = new FunctionOutcome { RequestId = call.RequestId, Error = new FunctionError("boom", [], null) } });
        using var session = bed.Live.OpenSession();
        var shown = new ShownState(session);
        session.ChangeQueries(1, [new(0, List("a"))]);
        await shown.NextAsync();
        Assert.Equal("boom", shown.Values[0]);

        var written = await bed.InsertAsync(1, "a");
        session.RequireTransition(written);
        Assert.Empty((await shown.CatchUpAsync(written)).Modifications);
    }

    [Fact]
    public async Task Log_lines_count_unless_they_are_redacted()
    {
        foreach (var redacts in (bool[])[false, true])
        {
            await using var bed = await OpenAsync(redacts);
            var runs = 0;
            bed.After("a", (_, query) => query with
            {
                Outcome = query.Outcome with { Value = "0"u8.ToArray(), LogLines = [new LogLine("LOG", [$"{runs++}"], false, 0)] },
            });
            using var session = bed.Live.OpenSession();
            var shown = new ShownState(session);
            session.ChangeQueries(1, [new(0, List("a"))]);
            await shown.NextAsync();

            var written = await bed.InsertAsync(1, "a");
            session.RequireTransition(written);
            var transition = await shown.CatchUpAsync(written);

            Assert.Equal(redacts ? 0 : 1, transition.Modifications.Count);
        }
    }

    [Fact, Spec("client-protocol", 20)]
    public async Task Two_queries_touched_by_one_commit_change_together()
    {
        await using var bed = await OpenAsync();
        using var session = bed.Live.OpenSession();
        var shown = new ShownState(session);
        session.ChangeQueries(1, [new(0, List("a")), new(1, List("b"))]);
        await shown.NextAsync();

        await bed.InsertAsync(5, "a", "b");
        var transition = await shown.NextAsync();

        Assert.Equal(2, transition.Modifications.Count);
    }

    [Fact, Spec("client-protocol", 21)]
    public async Task A_removed_query_is_told_once_and_never_again()
    {
        await using var bed = await OpenAsync();
        using var session = bed.Live.OpenSession();
        var shown = new ShownState(session);
        session.ChangeQueries(1, [new(0, List("a")), new(1, List("b"))]);
        await shown.NextAsync();
        session.ChangeQueries(2, [new(0, null)]);

        var removal = await shown.NextAsync();
        Assert.Equal([new LiveModification(0, null, null)], removal.Modifications);

        await bed.InsertAsync(1, "a");
        var both = await bed.InsertAsync(2, "a", "b");
        var transition = await shown.CatchUpAsync(both);
        Assert.Equal([1u], transition.Modifications.Select(modification => modification.QueryId));
    }

    [Fact]
    public async Task A_query_that_is_removed_while_it_runs_is_not_waited_for()
    {
        await using var bed = await OpenAsync();
        var never = new TaskCompletionSource();
        bed.Before("slow", (_, _) => never.Task);
        using var session = bed.Live.OpenSession();
        var shown = new ShownState(session);
        session.ChangeQueries(1, [new(0, List("slow")), new(1, List("b"))]);
        var next = shown.NextAsync();
        session.ChangeQueries(2, [new(0, null)]);

        Assert.Equal(1u, (await next).QuerySetVersion);
        Assert.Equal(2u, (await shown.NextAsync()).QuerySetVersion);
        Assert.Equal("[]", shown.Values[1]);
        Assert.Single(shown.Values);
    }

    [Fact, Spec("client-protocol", 30)]
    public async Task A_required_transition_comes_even_when_nothing_changed()
    {
        await using var bed = await OpenAsync();
        using var session = bed.Live.OpenSession();
        var shown = new ShownState(session);
        var written = await bed.InsertAsync(1, "a");
        session.RequireTransition(written);

        var transition = await shown.NextAsync();

        Assert.True(transition.Timestamp >= written);
        Assert.Empty(transition.Modifications);

        // And again, though a transition at this timestamp has been told: asking for the next one says that it was sent.
        var next = shown.NextAsync();
        session.RequireTransition(written);
        Assert.Equal(transition.Timestamp, (await next).Timestamp);
    }

    [Fact, Spec("client-protocol", 41)]
    public async Task A_new_identity_looks_again_at_every_query_and_tells_only_what_differs()
    {
        await using var bed = await OpenAsync();
        bed.After("mine", (call, query) => query with
        {
            ObservedIdentity = true,
            Outcome = query.Outcome with { Value = Encoding.UTF8.GetBytes($"\"{call.Identity.CacheKey.Length}\"") },
        });
        using var session = bed.Live.OpenSession();
        var shown = new ShownState(session);
        session.ChangeQueries(1, [new(0, List("mine")), new(1, List("ours"))]);
        await shown.NextAsync();

        session.ChangeIdentity(1, new UserIdentity(ValueObject.Create(("subject", "ada"))));
        var transition = await shown.NextAsync();

        Assert.Equal(1u, transition.IdentityVersion);
        Assert.Equal([0u], transition.Modifications.Select(modification => modification.QueryId));

        // The query whose result stayed is still heard of.
        await shown.CatchUpAsync(await bed.InsertAsync(1, "ours"));
        Assert.Equal("[1]", shown.Values[1]);
    }

    [Fact]
    public async Task The_journal_of_a_run_is_fed_into_the_next_one()
    {
        await using var bed = await OpenAsync();
        bed.After("a", (call, query) => query with { Journal = call.Journal + "+" });
        using var session = bed.Live.OpenSession();
        var shown = new ShownState(session);
        session.ChangeQueries(1, [new(0, List("a", journal: "from the client"))]);

        Assert.Equal("from the client+", Assert.Single((await shown.NextAsync()).Modifications).Journal);
        await bed.InsertAsync(1, "a");
        Assert.Equal("from the client++", Assert.Single((await shown.NextAsync()).Modifications).Journal);
        Assert.Equal(["from the client", "from the client+"], bed.Runs.Select(run => run.Journal));
    }

    [Fact]
    public async Task A_fault_of_the_system_is_no_result_and_is_not_kept()
    {
        await using var bed = await OpenAsync();
        var fails = true;
        bed.After("a", (_, query) => fails
            ? query with { Outcome = new FunctionOutcome { RequestId = "x", Error = new FunctionError("busy", [], null) { SystemCode = "TooManyConcurrentRequests" } } }
            : query);
        using var session = bed.Live.OpenSession();
        session.ChangeQueries(1, [new(0, List("a"))]);
        await Assert.ThrowsAsync<LiveQueryFaultException>(() => new ShownState(session).NextAsync());
        session.Dispose();

        fails = false;
        using var another = bed.Live.OpenSession();
        var shown = new ShownState(another);
        another.ChangeQueries(1, [new(0, List("a"))]);
        await shown.NextAsync();
        Assert.Equal("[]", shown.Values[0]);
    }

    [Fact]
    public async Task A_query_that_overran_its_time_is_told_as_failed_beside_the_others_and_runs_again_later()
    {
        var time = new ManualTime();
        await using var bed = await OpenAsync(time: time);
        var fails = true;
        bed.After("a", (_, query) => fails
            ? query with { Outcome = new FunctionOutcome { RequestId = "x", Error = new FunctionError("too slow", [], null) { SystemCode = "SystemTimeoutError" } } }
            : query);
        using var session = bed.Live.OpenSession();
        var shown = new ShownState(session);
        session.ChangeQueries(1, [new(0, List("a")), new(1, List("b"))]);
        await shown.NextAsync();
        Assert.Equal(("too slow", "[]"), (shown.Values[0], shown.Values[1]));

        fails = false;
        var next = shown.NextAsync();
        Assert.False(next.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(10));
        await next;
        Assert.Equal(("[]", "[]"), (shown.Values[0], shown.Values[1]));
        Assert.Equal(["a", "a", "b"], bed.Runs.Select(run => run.Table).Order());
    }

    [Fact]
    public async Task A_session_that_is_gone_leaves_nothing_behind()
    {
        await using var bed = await OpenAsync();
        var session = bed.Live.OpenSession();
        var shown = new ShownState(session);
        session.ChangeQueries(1, [new(0, List("a")), new(1, List("b"))]);
        await shown.NextAsync();
        Assert.Equal(2, bed.Live.Count);

        session.Dispose();

        Assert.Equal(0, bed.Live.Count);
    }
}
