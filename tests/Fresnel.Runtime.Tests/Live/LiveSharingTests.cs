using System.Text;
using Fresnel.Runtime.Invocations;
using Fresnel.Runtime.Live;
using Fresnel.Testing;
using Fresnel.Values;
using static Fresnel.Runtime.Tests.Live.LiveTestbed;

namespace Fresnel.Runtime.Tests.Live;

public sealed class LiveSharingTests
{
    [Fact]
    public async Task Sessions_that_watch_the_same_query_share_each_run()
    {
        await using var bed = await OpenAsync();
        var sessions = await OpenSessionsAsync(bed, 20, "a");
        Assert.Single(bed.Runs);

        await bed.InsertAsync(1, "a");
        foreach (var (_, shown) in sessions) await shown.NextAsync();

        Assert.Equal(2, bed.Runs.Count);
        Assert.All(sessions, session => Assert.Equal("[1]", session.Shown.Values[0]));
        Close(sessions);
    }

    [Fact]
    public async Task Arguments_that_are_spelled_differently_are_the_same_query()
    {
        await using var bed = await OpenAsync();
        using var session = bed.Live.OpenSession();
        var spaced = List("a") with { Arguments = Encoding.UTF8.GetBytes("""[ { "table" : "\u0061" } ]""") };
        session.ChangeQueries(1, [new(0, List("a")), new(1, spaced)]);
        await new ShownState(session).NextAsync();

        Assert.Single(bed.Runs);
    }

    [Fact]
    public async Task Commits_that_come_while_a_query_runs_are_made_up_for_by_one_run()
    {
        await using var bed = await OpenAsync(patience: TimeSpan.FromMinutes(1));
        var sessions = await OpenSessionsAsync(bed, 5, "a");
        var (began, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        bed.Before("a", (_, _) =>
        {
            began.TrySetResult();
            return goOn.Task;
        });

        await bed.InsertAsync(0, "a");
        var waiting = sessions.Select(session => session.Shown.NextAsync()).ToList();
        await began.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        var last = default(Timestamp);
        for (var number = 1; number <= 50; number++) last = await bed.InsertAsync(number, "a");
        goOn.SetResult();
        await Task.WhenAll(waiting);
        foreach (var (_, shown) in sessions)
        {
            if (shown.Last!.Timestamp < last) await shown.CatchUpAsync(last);
        }

        // The first result, the run that was held, and one for all fifty commits.
        Assert.Equal(3, bed.Runs.Count);
        Assert.All(sessions, session => Assert.Equal($"[{string.Join(',', Enumerable.Range(0, 51))}]", session.Shown.Values[0]));
        Close(sessions);
    }

    [Fact]
    public async Task A_slow_query_holds_up_its_own_sessions_only()
    {
        await using var bed = await OpenAsync(patience: TimeSpan.FromMilliseconds(1));
        var goOn = new TaskCompletionSource();
        bed.Before("slow", (_, _) => goOn.Task);
        using var patient = bed.Live.OpenSession();
        var patientShown = new ShownState(patient);
        patient.ChangeQueries(1, [new(0, List("slow")), new(1, List("a"))]);
        var slow = patientShown.NextAsync();

        var quick = await OpenSessionsAsync(bed, 1, "a");
        for (var number = 0; number < 3; number++)
        {
            await quick[0].Shown.CatchUpAsync(await bed.InsertAsync(number, "a"));
        }

        Assert.False(slow.IsCompleted);
        Assert.Equal("[0,1,2]", quick[0].Shown.Values[0]);

        goOn.SetResult();
        var first = await slow;
        Assert.Equal(await bed.ListAtAsync("a", first.Timestamp), patientShown.Values[1]);
        await patientShown.NextAsync();
        Assert.Equal("[0,1,2]", patientShown.Values[1]);
        Close(quick);
    }

    [Fact, Spec("data-model", 56)]
    public async Task What_did_not_look_at_who_asks_is_run_once_for_everybody()
    {
        await using var bed = await OpenAsync();
        await bed.InsertAsync(1, "a");
        foreach (var subject in (string[])["ada", "bob"])
        {
            var session = bed.Live.OpenSession();
            session.ChangeIdentity(1, new UserIdentity(ValueObject.Create(("subject", subject))));
            session.ChangeQueries(1, [new(0, List("a"))]);
            var shown = new ShownState(session);
            while (!shown.Values.ContainsKey(0)) await shown.NextAsync();
            Assert.Equal("[1]", shown.Values[0]);
        }

        Assert.Single(bed.Runs);
    }

    [Fact, Spec("data-model", 56)]
    public async Task One_identity_is_never_shown_what_another_one_asked_for()
    {
        await using var bed = await OpenAsync();
        bed.After("mine", (call, query) => query with
        {
            ObservedIdentity = true,
            Outcome = query.Outcome with { Value = Encoding.UTF8.GetBytes($"\"{call.Identity.Attributes!["subject"].AsString()}\"") },
        });

        var sessions = new List<(LiveSession Session, ShownState Shown, string Subject)>();
        foreach (var subject in (string[])["ada", "bob", "ada"])
        {
            var session = bed.Live.OpenSession();
            session.ChangeIdentity(1, new UserIdentity(ValueObject.Create(("subject", subject))));
            session.ChangeQueries(1, [new(0, List("mine"))]);
            sessions.Add((session, new ShownState(session), subject));
        }

        await Task.WhenAll(sessions.Select(session => session.Shown.NextAsync()));

        Assert.All(sessions, session => Assert.Equal($"\"{session.Subject}\"", session.Shown.Values[0]));
        Assert.Equal(2, bed.Runs.Count);
        foreach (var (session, _, _) in sessions) session.Dispose();
    }

    [Fact]
    public async Task An_admin_does_not_share_with_others()
    {
        await using var bed = await OpenAsync();
        using var admin = bed.Live.OpenSession();
        admin.ChangeIdentity(1, Identity.Admin);
        admin.ChangeQueries(1, [new(0, List("a"))]);
        await new ShownState(admin).NextAsync();
        var others = await OpenSessionsAsync(bed, 1, "a");

        Assert.Equal(2, bed.Runs.Count);
        Close(others);
    }

    [Fact]
    public async Task A_run_that_everybody_left_is_given_up()
    {
        await using var bed = await OpenAsync();
        var (began, never) = (new TaskCompletionSource(), new TaskCompletionSource());
        bed.Before("a", (_, _) =>
        {
            began.TrySetResult();
            return never.Task;
        });
        var session = bed.Live.OpenSession();
        session.ChangeQueries(1, [new(0, List("a"))]);
        var next = new ShownState(session).NextAsync();
        await began.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        session.Dispose();
        await next;

        Assert.Equal(0, bed.Live.Count);
    }

    private static async Task<List<(LiveSession Session, ShownState Shown)>> OpenSessionsAsync(LiveTestbed bed, int count, string table)
    {
        var sessions = new List<(LiveSession Session, ShownState Shown)>();
        for (var number = 0; number < count; number++)
        {
            var session = bed.Live.OpenSession();
            session.ChangeQueries(1, [new(0, List(table))]);
            sessions.Add((session, new ShownState(session)));
            await sessions[^1].Shown.NextAsync();
        }

        return sessions;
    }

    private static void Close(List<(LiveSession Session, ShownState Shown)> sessions)
    {
        foreach (var (session, _) in sessions) session.Dispose();
    }
}
