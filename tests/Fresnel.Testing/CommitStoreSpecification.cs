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

    /// <summary>Page numbers are the engine's to choose; one that was swept is used again.</summary>
    [Fact]
    public async Task A_page_that_is_written_again_is_the_new_one()
    {
        await using var store = CreateEmpty();
        await store.OpenAsync(Token);
        await store.WritePagesAsync([new(5, Bytes(1, 30))], Token);
        await store.SweepPagesAsync(5, Token);
        await store.WritePagesAsync([new(5, Bytes(2, 40))], Token);
        Assert.Equal(Bytes(2, 40), Assert.Single(await store.ReadPagesAsync([5], Token)).ToArray());
    }

    /// <summary>Reading pages.</summary>
    [Fact]
    public async Task Pages_come_in_the_order_asked_and_one_that_is_not_there_comes_as_no_bytes()
    {
        await using var store = CreateEmpty();
        await store.OpenAsync(Token);
        Assert.Empty(await store.ReadPagesAsync([], Token));
        await store.WritePagesAsync([new(long.MaxValue, Bytes(9, 9)), new(1, Bytes(1, 1)), new(3, Bytes(3, 3))], Token);
        Assert.Equal([3, 0, 1, 9, 3], (await store.ReadPagesAsync([3, 2, 1, long.MaxValue, 3], Token)).Select(page => page.Length));
    }

    /// <summary>Sizes of groups and pages.</summary>
    [Fact]
    public async Task A_group_and_a_page_may_be_of_one_byte_or_of_many_millions()
    {
        var store = CreateEmpty();
        await store.OpenAsync(Token);
        int[] sizes = [1, 8_192, 70_000, 6_000_000];
        var random = new Random(7);
        byte[][] contents = [.. sizes.Select(size => RandomBytes(random, size))];
        for (var i = 0; i < sizes.Length; i++)
        {
            await store.AppendAsync(i, contents[i], Token);
            await store.WritePagesAsync([new(i + 1, contents[i])], Token);
        }

        await store.DisposeAsync();
        await using var again = Reopen(store);
        await again.OpenAsync(Token);
        var (rows, pages) = (await ReadAsync(again, 0), await again.ReadPagesAsync([1, 2, 3, 4], Token));
        for (var i = 0; i < sizes.Length; i++)
        {
            Assert.True(contents[i].AsSpan().SequenceEqual(rows[i].Group.Span), $"The group of {sizes[i]} bytes.");
            Assert.True(contents[i].AsSpan().SequenceEqual(pages[i].Span), $"The page of {sizes[i]} bytes.");
        }
    }

    /// <summary>The caller's buffer is its own again once a call has returned.</summary>
    [Fact]
    public async Task What_was_taken_does_not_change_with_the_bytes_of_the_caller()
    {
        await using var store = CreateEmpty();
        await store.OpenAsync(Token);
        var (group, page, checkpoint) = (Bytes(1, 50), Bytes(2, 50), Bytes(3, 50));
        await store.AppendAsync(0, group, Token);
        await store.WritePagesAsync([new(1, page)], Token);
        await store.FlipAsync(checkpoint, 0, Token);
        foreach (var bytes in (byte[][])[group, page, checkpoint]) Array.Clear(bytes);
        Assert.Equal(Bytes(1, 50), (await ReadAsync(store, 0))[0].Group.ToArray());
        Assert.Equal(Bytes(2, 50), (await store.ReadPagesAsync([1], Token))[0].ToArray());
        Assert.Equal(Bytes(3, 50), (await store.OpenAsync(Token)).Checkpoint.ToArray());
    }

    /// <summary>A log that is longer than what is read at once.</summary>
    [Fact]
    public async Task A_long_log_is_read_whole_and_groups_appended_meanwhile_do_no_harm()
    {
        await using var store = CreateEmpty();
        await store.OpenAsync(Token);
        for (var i = 0; i < 12; i++) await store.AppendAsync(i, Bytes((byte)i, 1_000_000), Token);
        var positions = new List<long>();
        await foreach (var row in store.ReadLogAsync(0, Token))
        {
            if (positions.Count == 6) await store.AppendAsync(12, Bytes(12, 10), Token);
            Assert.False(row.Group.Span.ContainsAnyExcept((byte)row.Position));
            positions.Add(row.Position);
        }

        Assert.Equal(Enumerable.Range(0, 12).Select(i => (long)i), positions.Take(12));
        Assert.InRange(positions.Count, 12, 13);
    }

    /// <summary>Reading behind the end, or before what is kept.</summary>
    [Fact]
    public async Task Reading_from_behind_the_end_gives_nothing_and_from_before_the_start_gives_what_is_kept()
    {
        await using var store = CreateEmpty();
        await store.OpenAsync(Token);
        for (byte i = 0; i < 4; i++) await store.AppendAsync(i, Bytes(i, 10), Token);
        await store.FlipAsync(Bytes(9, 1), 2, Token);
        Assert.Empty(await ReadAsync(store, 4));
        Assert.Empty(await ReadAsync(store, 1_000));
        Assert.Equal([2, 3], (await ReadAsync(store, 0)).Select(row => row.Position));
    }

    /// <summary>Opening a store that is open: what the engine does when a connection was lost.</summary>
    [Fact]
    public async Task Opening_again_tells_where_the_log_ends_and_goes_on()
    {
        await using var store = CreateEmpty();
        await store.OpenAsync(Token);
        await store.AppendAsync(0, Bytes(1, 10), Token);
        var head = await store.OpenAsync(Token);
        Assert.Equal((0, 1), (head.LogStart, head.LogEnd));
        await store.AppendAsync(1, Bytes(2, 10), Token);
        Assert.Equal(2, (await ReadAsync(store, 0)).Count);
    }

    /// <summary>Flips, one after another.</summary>
    [Fact]
    public async Task The_last_flip_counts_and_a_flip_that_cuts_nothing_keeps_the_whole_log()
    {
        var store = CreateEmpty();
        await store.OpenAsync(Token);
        for (byte i = 0; i < 3; i++) await store.AppendAsync(i, Bytes(i, 10), Token);
        await store.FlipAsync(Bytes(1, 100), 1, Token);
        await store.FlipAsync(Bytes(2, 5), 1, Token);
        await store.DisposeAsync();
        await using var again = Reopen(store);
        var head = await again.OpenAsync(Token);
        Assert.Equal((1, 3), (head.LogStart, head.LogEnd));
        Assert.Equal(Bytes(2, 5), head.Checkpoint.ToArray());
    }

    /// <summary>The engine reads and writes pages while a group is being appended.</summary>
    [Fact]
    public async Task Page_calls_run_beside_appends()
    {
        var store = CreateEmpty();
        await store.OpenAsync(Token);
        await Task.WhenAll(
            AppendAsync(),
            WritePagesAsync(),
            ReadPagesAsync());
        await store.DisposeAsync();
        await using var again = Reopen(store);
        Assert.Equal(100, (await again.OpenAsync(Token)).LogEnd);
        Assert.Equal(Enumerable.Range(1, 50).Select(i => i % 2 == 0 ? 0 : i), (await again.ReadPagesAsync([.. Enumerable.Range(1, 50).Select(i => (long)i)], Token)).Select(page => page.Length));

        async Task AppendAsync()
        {
            for (var i = 0; i < 100; i++) await store.AppendAsync(i, Bytes((byte)i, 100), Token);
        }

        async Task WritePagesAsync()
        {
            for (var i = 1; i <= 50; i++)
            {
                await store.WritePagesAsync([new(i, Bytes((byte)i, i))], Token);
                if (i % 2 == 0) await store.DeletePagesAsync([i], Token);
            }
        }

        async Task ReadPagesAsync()
        {
            for (var i = 0; i < 100; i++)
            {
                // Whole, or not there.
                var page = (await store.ReadPagesAsync([i % 50 + 1], Token))[0];
                Assert.True(page.Length == 0 || page.Length == i % 50 + 1);
            }
        }
    }

    /// <summary>A caller that has gone is not waited for by the next one.</summary>
    [Fact]
    public async Task A_read_that_is_given_up_leaves_the_store_as_it_was()
    {
        await using var store = CreateEmpty();
        await store.OpenAsync(Token);
        await store.AppendAsync(0, Bytes(1, 10), Token);
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        try
        {
            await store.ReadPagesAsync([1], gone.Token);
        }
        catch (OperationCanceledException)
        {
            // A store may as well answer at once.
        }

        await store.AppendAsync(1, Bytes(2, 10), Token);
        Assert.Equal(2, (await ReadAsync(store, 0)).Count);
    }

    /// <summary>An append that was begun is finished: what became of it must be known.</summary>
    [Fact]
    public async Task An_append_whose_caller_gives_up_is_in_the_log_whole_or_not_at_all()
    {
        await using var store = CreateEmpty();
        await store.OpenAsync(Token);
        using var gone = new CancellationTokenSource();
        var append = store.AppendAsync(0, Bytes(1, 100_000), gone.Token).AsTask();
        await gone.CancelAsync();
        await Task.WhenAny(append);
        var head = await store.OpenAsync(Token);
        Assert.Equal(append.IsCompletedSuccessfully ? 1 : head.LogEnd, head.LogEnd);
        Assert.All(await ReadAsync(store, 0), row => Assert.Equal(Bytes(1, 100_000), row.Group.ToArray()));
    }

    /// <summary>Closing.</summary>
    [Fact]
    public async Task Closing_twice_or_without_opening_does_no_harm()
    {
        var store = CreateEmpty();
        await store.OpenAsync(Token);
        await store.DisposeAsync();
        await store.DisposeAsync();
        await using var never = Reopen(store);
    }

    /// <summary>A random life of a store, with reopenings, beside a plain model of it.</summary>
    [Fact]
    public async Task Any_sequence_of_calls_leaves_what_a_plain_model_of_it_holds()
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"Seed {seed}.");
        var random = new Random(seed);
        var model = new Model();
        var store = CreateEmpty();
        await store.OpenAsync(Token);
        for (var i = 0; i < 200; i++)
        {
            if (i % 50 == 49)
            {
                await store.DisposeAsync();
                store = Reopen(store);
                await model.CheckAsync(store, await store.OpenAsync(Token), $"Seed {seed}, step {i}");
            }

            await model.StepAsync(store, random);
        }

        await model.CheckAsync(store, await store.OpenAsync(Token), $"Seed {seed}");
        await store.DisposeAsync();
    }

    private static byte[] Bytes(byte value, int count) => [.. Enumerable.Repeat(value, count)];

    private static byte[] RandomBytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private static async Task<List<LogRow>> ReadAsync(ICommitStore store, long from)
    {
        var rows = new List<LogRow>();
        await foreach (var row in store.ReadLogAsync(from, Token)) rows.Add(row);
        return rows;
    }

    private sealed class Model
    {
        private const int GreatestPage = 30;
        private readonly SortedDictionary<long, byte[]> _pages = [];
        private readonly List<byte[]> _log = [];
        private byte[] _checkpoint = [];
        private long _start;

        public async Task StepAsync(ICommitStore store, Random random)
        {
            var number = random.Next(1, GreatestPage);
            var bytes = RandomBytes(random, random.Next(1, 12_000));
            switch (random.Next(8))
            {
                case 0 or 1:
                    await store.WritePagesAsync([new(number, bytes)], Token);
                    _pages[number] = bytes;
                    break;
                case 2:
                    await store.DeletePagesAsync([number, number + 1], Token);
                    _pages.Remove(number);
                    _pages.Remove(number + 1);
                    break;
                case 3:
                    var cut = random.Next(_log.Count + 1);
                    await store.FlipAsync(bytes, _start + cut, Token);
                    _checkpoint = bytes;
                    _log.RemoveRange(0, cut);
                    _start += cut;
                    break;
                case 4 when random.Next(3) == 0:
                    await store.SweepPagesAsync(number, Token);
                    foreach (var swept in _pages.Keys.Where(page => page >= number).ToArray()) _pages.Remove(swept);
                    break;
                default:
                    await store.AppendAsync(_start + _log.Count, bytes, Token);
                    _log.Add(bytes);
                    break;
            }
        }

        public async Task CheckAsync(ICommitStore store, StoreHead head, string context)
        {
            Assert.True((_start, _start + _log.Count) == (head.LogStart, head.LogEnd), $"{context}: the log is from {head.LogStart} to {head.LogEnd}.");
            Assert.Equal(_checkpoint, head.Checkpoint.ToArray());
            Assert.Equal(_log, (await ReadAsync(store, _start)).Select(row => row.Group.ToArray()));
            long[] numbers = [.. Enumerable.Range(0, GreatestPage + 2).Select(number => (long)number)];
            var pages = await store.ReadPagesAsync(numbers, Token);
            foreach (var (page, found) in numbers.Zip(pages)) Assert.Equal(_pages.GetValueOrDefault(page) ?? [], found.ToArray());
        }
    }
}
