using Fresnel.Runtime.Invocations;
using Fresnel.Runtime.Pushes;
using Fresnel.Values;
using static Fresnel.Runtime.Tests.Pushes.TestPushes;

namespace Fresnel.Runtime.Tests.Pushes;

/// <summary>Pushes that look at what is there, while it is written.</summary>
public sealed class OnlinePushTests(ITestOutputHelper output)
{
    private const int Documents = 2_000;

    [Fact]
    public async Task Documents_are_checked_and_an_index_is_filled_while_all_of_them_are_written_again_and_again()
    {
        var seed = System.Environment.TickCount;
        output.WriteLine($"seed {seed}");
        await using var pushes = await OpenAsync();
        var ids = await FillAsync(pushes);
        using var stopping = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 3).Select(writer => WriteAsync(pushes, ids, new Random(seed + writer), stopping.Token)).ToList();

        var started = await pushes.StartAsync(Request([], Schema("t", Field("x", "number"), "x")));
        Assert.IsType<SchemaStatus.Complete>(await pushes.WaitAsync(started));
        await pushes.FinishAsync(started);
        await stopping.CancelAsync();
        var written = (await Task.WhenAll(writers)).Sum();

        output.WriteLine($"{written} commits meanwhile");
        Assert.True(written > 0);
        using var transaction = pushes.Database.BeginRead(limits: Engine.Transactions.TransactionLimits.None);
        var table = transaction.FindTable("", "t")!;
        var (byX, last) = (transaction.Read(table, table.FindIndex("by_x")!, KeyInterval.All), double.MinValue);
        for (var i = 0; i < Documents; i++)
        {
            var x = (await byX.NextAsync(Token))!.Fields["x"].AsFloat64();
            Assert.True(x >= last);
            last = x;
        }

        Assert.Null(await byX.NextAsync(Token));
        var refused = await Assert.ThrowsAsync<DeveloperException>(() => pushes.InsertAsync("t", ("x", "text")));
        Assert.Equal("SchemaEnforcementError", refused.Code);
    }

    /// <summary>Whichever comes first: the check sees it, or the write does.</summary>
    [Fact]
    public async Task One_document_that_does_not_fit_fails_the_push_whenever_it_is_written()
    {
        await using var pushes = await OpenAsync();
        await FillAsync(pushes);
        for (var round = 0; round < 5; round++)
        {
            var started = await pushes.StartAsync(Request([], Schema("t", Field("x", "number"))));
            for (var i = 0; i < round * 3; i++) await Task.Yield();
            var wrong = await pushes.InsertAsync("t", ("x", $"round {round}"));
            var status = await pushes.WaitAsync(started);
            // Complete, then failed by the write: what counts is that it cannot be finished.
            if (status is not SchemaStatus.Failed) Assert.Equal("InvalidSchema", (await Assert.ThrowsAsync<DeveloperException>(() => pushes.FinishAsync(started))).Code);
            await pushes.Database.CommitAsync(
                async (transaction, token) =>
                {
                    await transaction.DeleteAsync(transaction.FindTable("", "t")!, wrong, token);
                    return true;
                },
                Token);
        }
    }

    [Fact]
    public async Task A_check_and_a_filling_that_a_crash_cut_short_go_on_when_the_push_asks_again()
    {
        var pushes = await OpenAsync();
        await FillAsync(pushes);
        var started = await pushes.StartAsync(Request([], Schema("t", Field("x", "number"), "x")));
        pushes.Store.Crash();
        var store = pushes.Store.Reopen();
        await pushes.DisposeAsync();

        await using var again = await OpenAsync(store: store);
        Assert.IsType<SchemaStatus.Complete>(await again.WaitAsync(started));
        await again.FinishAsync(started);
        Assert.Equal(["by_x"], again.ReadableIndexes("t"));
        Assert.Equal(Documents, await again.CountAsync("t"));
    }

    private static async Task<List<DocumentId>> FillAsync(TestPushes pushes)
    {
        var (ids, _) = await pushes.Database.CommitAsync(
            async (transaction, token) =>
            {
                var table = transaction.CreateTable("", "t");
                var made = new List<DocumentId>();
                for (var i = 0; i < Documents; i++) made.Add((await transaction.InsertAsync(table, ValueObject.Create(("x", Value.Float64(i))), token)).Id);
                return made;
            },
            Token);
        return ids;
    }

    private static async Task<int> WriteAsync(TestPushes pushes, List<DocumentId> ids, Random random, CancellationToken stopping)
    {
        var written = 0;
        for (; !stopping.IsCancellationRequested; written++)
        {
            await pushes.Database.CommitAsync(
                async (transaction, token) =>
                {
                    var table = transaction.FindTable("", "t")!;
                    await transaction.PatchAsync(table, ids[random.Next(ids.Count)], new([KeyValuePair.Create("x", (Value)Value.Float64(random.Next(10_000)))]), token);
                    return true;
                },
                Token);
        }

        return written;
    }
}
