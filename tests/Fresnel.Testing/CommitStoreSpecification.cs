using Fresnel.Engine.Stores;
using Xunit;

namespace Fresnel.Testing;

/// <summary>What every commit store does. Each store derives from it.</summary>
public abstract class CommitStoreSpecification
{
    /// <summary>A store that was never opened, with nothing in it.</summary>
    protected abstract ICommitStore CreateEmpty();

    /// <summary>A store over what another one held, which is closed already.</summary>
    protected abstract ICommitStore Reopen(ICommitStore closed);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The head of a new store.</summary>
    [Fact]
    public async Task A_new_store_is_empty()
    {
        await using var store = CreateEmpty();
        var head = await store.OpenAsync(Token);
        Assert.Equal((0, 0, 0), (head.LogStart, head.LogEnd, head.Checkpoint.Length));
        Assert.Empty(await ReadAsync(store, 0));
    }

    /// <summary>Appending and reading.</summary>
    [Fact]
    public async Task Groups_come_back_in_order_also_after_reopening()
    {
        var store = CreateEmpty();
        await store.OpenAsync(Token);
        for (byte i = 0; i < 5; i++) await store.AppendAsync(i, Bytes(i, 10), Token);
        await store.DisposeAsync();

        await using var again = Reopen(store);
        var head = await again.OpenAsync(Token);
        Assert.Equal((0, 5), (head.LogStart, head.LogEnd));
        Assert.Equal([2, 3, 4], (await ReadAsync(again, 2)).Select(row => row.Position));
        Assert.All(await ReadAsync(again, 0), row => Assert.Equal(Bytes((byte)row.Position, 10), row.Group.ToArray()));
    }

    /// <summary>The condition of an append.</summary>
    [Fact]
    public async Task An_append_anywhere_but_at_the_end_is_refused()
    {
        await using var store = CreateEmpty();
        await store.OpenAsync(Token);
        await store.AppendAsync(0, Bytes(1, 10), Token);
        foreach (var position in (long[])[0, 2])
        {
            var refused = await Assert.ThrowsAsync<StoreException>(async () => await store.AppendAsync(position, Bytes(2, 10), Token));
            Assert.Equal(StoreFailure.Refused, refused.Failure);
        }

        Assert.Single(await ReadAsync(store, 0));
        await store.AppendAsync(1, Bytes(2, 10), Token);
    }

    /// <summary>A flip, whole.</summary>
    [Fact]
    public async Task A_flip_sets_the_checkpoint_and_cuts_the_log_and_pages_are_deleted_one_by_one()
    {
        var store = CreateEmpty();
        await store.OpenAsync(Token);
        for (byte i = 0; i < 4; i++) await store.AppendAsync(i, Bytes(i, 10), Token);
        await store.WritePagesAsync([new(1, Bytes(1, 9_000)), new(2, Bytes(2, 20)), new(3, Bytes(3, 1))], Token);
        await store.FlipAsync(Bytes(9, 100), 3, Token);
        await store.DeletePagesAsync([2, 17], Token);
        await store.DisposeAsync();

        await using var again = Reopen(store);
        var head = await again.OpenAsync(Token);
        Assert.Equal((3, 4), (head.LogStart, head.LogEnd));
        Assert.Equal(Bytes(9, 100), head.Checkpoint.ToArray());
        var pages = await again.ReadPagesAsync([3, 1], Token);
        Assert.Equal([1, 9_000], pages.Select(page => page.Length));
        Assert.True(Assert.Single(await again.ReadPagesAsync([2], Token)).IsEmpty);
    }

    /// <summary>The end of a log that was cut to nothing.</summary>
    [Fact]
    public async Task The_end_of_the_log_is_known_when_all_of_it_was_cut()
    {
        var store = CreateEmpty();
        await store.OpenAsync(Token);
        for (byte i = 0; i < 4; i++) await store.AppendAsync(i, Bytes(i, 10), Token);
        await store.FlipAsync(Bytes(9, 100), 4, Token);
        await store.DisposeAsync();

        await using var again = Reopen(store);
        var head = await again.OpenAsync(Token);
        Assert.Equal((4, 4), (head.LogStart, head.LogEnd));
        await again.AppendAsync(4, Bytes(4, 10), Token);
    }

    /// <summary>Sweeping.</summary>
    [Fact]
    public async Task Pages_from_a_number_on_are_swept()
    {
        await using var store = CreateEmpty();
        await store.OpenAsync(Token);
        await store.WritePagesAsync([new(1, Bytes(1, 1)), new(2, Bytes(2, 1)), new(3, Bytes(3, 1))], Token);
        await store.SweepPagesAsync(2, Token);
        Assert.Equal([1, 0], (await store.ReadPagesAsync([1, 2], Token)).Select(page => page.Length));
    }

    private static byte[] Bytes(byte value, int count) => [.. Enumerable.Repeat(value, count)];

    private static async Task<List<LogRow>> ReadAsync(ICommitStore store, long from)
    {
        var rows = new List<LogRow>();
        await foreach (var row in store.ReadLogAsync(from, Token)) rows.Add(row);
        return rows;
    }
}
