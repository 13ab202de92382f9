using System.Text;
using Fresnel.Runtime.Invocations;
using Fresnel.Runtime.Live;
using Fresnel.Testing;
using Fresnel.Values;
using static Fresnel.Runtime.Tests.Live.LiveTestbed;

namespace Fresnel.Runtime.Tests.Live;

/// <summary>Results that nobody shows any more. Source: <c>spec/data-model.md</c> §5.7.</summary>
public sealed class LiveCacheTests
{
    [Fact]
    public async Task A_query_that_somebody_left_is_not_run_again_for_the_next_one()
    {
        await using var bed = await OpenAsync(cacheBytes: 1 << 20);
        await bed.InsertAsync(1, "a");
        for (var i = 0; i < 3; i++)
        {
            await bed.InsertAsync(i, "b"); // Nothing that it read.
            Assert.Equal("[1]", await ShowOnceAsync(bed, "a"));
        }

        Assert.Single(bed.Runs);
        Assert.Equal((1, 1), (bed.Live.Count, bed.Live.Cache.Count));
    }

    [Fact]
    public async Task What_was_written_since_is_seen_though_nobody_watched()
    {
        await using var bed = await OpenAsync(cacheBytes: 1 << 20);
        Assert.Equal("[]", await ShowOnceAsync(bed, "a"));
        await bed.InsertAsync(1, "a");
        Assert.Equal((0, 0, 0L), (bed.Live.Count, bed.Live.Cache.Count, bed.Live.Cache.Bytes));
        Assert.Equal("[1]", await ShowOnceAsync(bed, "a"));
        Assert.Equal(2, bed.Runs.Count);
    }

    [Fact]
    public async Task A_kept_result_that_is_shown_again_hears_of_commits_like_any_other()
    {
        await using var bed = await OpenAsync(cacheBytes: 1 << 20);
        await ShowOnceAsync(bed, "a");
        using var session = bed.Live.OpenSession();
        var shown = new ShownState(session);
        session.ChangeQueries(1, [new(0, List("a"))]);
        await shown.NextAsync();
        Assert.Equal(0, bed.Live.Cache.Count);

        await bed.InsertAsync(7, "a");
        await shown.NextAsync();
        Assert.Equal("[7]", shown.Values[0]);
    }

    [Fact]
    public async Task The_budget_holds_and_what_was_shown_least_recently_goes_first()
    {
        const long Budget = 20_000;
        await using var bed = await OpenAsync(cacheBytes: Budget);
        for (var i = 0; i < 100; i++)
        {
            await ShowOnceAsync(bed, $"t{i}");
            await ShowOnceAsync(bed, "often");
            Assert.InRange(bed.Live.Cache.Bytes, 1, Budget);
            Assert.Equal(bed.Live.Count, bed.Live.Cache.Count);
        }

        Assert.InRange(bed.Live.Cache.Count, 5, 20);
        Assert.Equal(101, bed.Runs.Count);
        await ShowOnceAsync(bed, "t99");
        Assert.Equal(101, bed.Runs.Count);
        await ShowOnceAsync(bed, "t0");
        Assert.Equal(102, bed.Runs.Count);
    }

    [Fact]
    public async Task One_that_would_push_the_others_out_is_not_kept()
    {
        await using var bed = await OpenAsync(cacheBytes: 20_000);
        bed.After("large", (_, query) => query with { Outcome = query.Outcome with { Value = Encoding.UTF8.GetBytes($"\"{new string('x', 10_000)}\"") } });
        await ShowOnceAsync(bed, "a");
        await ShowOnceAsync(bed, "large");
        Assert.Equal(1, bed.Live.Cache.Count);
    }

    [Fact]
    public async Task After_a_minute_it_is_run_again_for_it_may_have_looked_at_the_clock()
    {
        var time = new ManualTime();
        await using var bed = await OpenAsync(time: time, cacheBytes: 1 << 20);
        await ShowOnceAsync(bed, "a");
        time.Advance(TimeSpan.FromSeconds(59));
        await ShowOnceAsync(bed, "a");
        Assert.Single(bed.Runs);
        time.Advance(TimeSpan.FromSeconds(61));
        await ShowOnceAsync(bed, "a");
        Assert.Equal(2, bed.Runs.Count);
    }

    [Fact, Spec("data-model", 56)]
    public async Task One_identity_is_not_shown_what_was_kept_of_another()
    {
        await using var bed = await OpenAsync(cacheBytes: 1 << 20);
        bed.After("mine", (call, query) => query with
        {
            ObservedIdentity = true,
            Outcome = query.Outcome with { Value = Encoding.UTF8.GetBytes($"\"{call.Identity.Attributes!["subject"].AsString()}\"") },
        });
        foreach (var subject in (string[])["ada", "bob", "ada", "bob"])
            Assert.Equal($"\"{subject}\"", await ShowOnceAsync(bed, "mine", new UserIdentity(ValueObject.Create(("subject", subject)))));
        Assert.Equal(2, bed.Runs.Count);
    }

    [Fact]
    public async Task A_query_that_overran_its_time_is_not_kept()
    {
        await using var bed = await OpenAsync(cacheBytes: 1 << 20);
        bed.After("a", (_, query) => query with { Outcome = new FunctionOutcome { RequestId = "x", Error = new FunctionError("too slow", [], null) { SystemCode = "SystemTimeoutError" } } });
        await ShowOnceAsync(bed, "a");
        Assert.Equal((0, 0), (bed.Live.Count, bed.Live.Cache.Count));
    }

    private static async Task<string> ShowOnceAsync(LiveTestbed bed, string table, Identity? identity = null)
    {
        using var session = bed.Live.OpenSession();
        var shown = new ShownState(session);
        if (identity is not null) session.ChangeIdentity(1, identity);
        session.ChangeQueries(1, [new(0, List(table))]);
        while (!shown.Values.ContainsKey(0)) await shown.NextAsync();
        return shown.Values[0];
    }
}
