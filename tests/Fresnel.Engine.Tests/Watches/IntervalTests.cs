using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Engine.Watches;
using Fresnel.Values;

namespace Fresnel.Engine.Tests.Watches;

public sealed class IntervalTests
{
    /// <summary>Also where keys differ only behind what a page compares as numbers.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(12)]
    public void The_index_finds_what_a_scan_finds(int shared)
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var list = new WatchList(Timestamp.Zero);
        var isEmpty = false;
        var index = new IntervalIndex(() => isEmpty = true);
        var all = new List<(KeyInterval Interval, Watch Watch)>();
        for (var round = 0; round < 5_000; round++)
        {
            if (all.Count > 0 && random.NextDouble() < (round % 1_000 > 600 ? 0.8 : 0.2))
            {
                var at = random.Next(all.Count);
                Leave(all[at].Watch);
                all.RemoveAt(at);
            }
            else
            {
                var entry = (Interval: RandomInterval(random, shared), Watch: new Watch(list, new ReadSet(), Timestamp.Zero));
                if (entry.Interval.IsEmpty) continue;
                var bag = index.GetOrAdd(entry.Interval);
                entry.Watch.Seats = [new(bag, bag.Add(entry.Watch, 0))];
                all.Add(entry);
            }

            var key = RandomKey(random, shared);
            var found = new List<Watch>();
            index.Touch(key, new Timestamp(1), found);
            var expected = all.Where(entry => entry.Interval.Contains(key)).Select(entry => entry.Watch).ToHashSet();
            Assert.True(expected.SetEquals(found) && expected.Count == found.Count, $"Seed {seed}, round {round}.");
            // As for the list: whoever was found is taken out.
            foreach (var watch in found.Where(_ => random.Next(2) == 0))
            {
                Leave(watch);
                all.RemoveAll(entry => entry.Watch == watch);
            }

            foreach (var watch in found) watch.MarkStale(new Timestamp(long.MinValue)); // Not stale after all: it is to be found again.
        }

        isEmpty = all.Count == 0;
        foreach (var (_, watch) in all) Leave(watch);
        Assert.True(isEmpty, $"Seed {seed}.");
    }

    [Fact]
    public void Taking_out_one_of_many_that_begin_at_one_key_or_are_the_same_does_not_look_at_the_others()
    {
        const int Many = 60_000; // Looking at all the others would take minutes.
        var list = new WatchList(Timestamp.Zero);
        var index = new IntervalIndex(() => { });
        var watches = new List<Watch>();
        for (var i = 0; i < Many; i++)
        {
            // Half of them end at keys of their own, half are one interval.
            byte[] upper = [1, 2, (byte)(i >> 16), (byte)(i >> 8), (byte)i];
            var bag = index.GetOrAdd(i % 2 == 0 ? new KeyInterval(new byte[] { 1 }, upper) : KeyInterval.Prefix(new byte[] { 1, 2 }));
            var watch = new Watch(list, new ReadSet(), Timestamp.Zero);
            watch.Seats = [new(bag, bag.Add(watch, 0))];
            watches.Add(watch);
        }

        var clock = System.Diagnostics.Stopwatch.StartNew();
        foreach (var watch in watches) Leave(watch);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"It took {clock.Elapsed}.");
    }

    private static void Leave(Watch watch)
    {
        foreach (var (bag, position) in watch.Seats) bag.Remove(position);
        watch.Seats = [];
    }

    [Fact]
    public void A_read_set_holds_exactly_the_keys_of_its_intervals_and_keeps_them_merged()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var round = 0; round < 300; round++)
        {
            var reads = new ReadSet();
            var index = new IndexKeyId(50);
            var added = new List<KeyInterval>();
            for (var i = 0; i < random.Next(1, 20); i++)
            {
                added.Add(RandomInterval(random));
                reads.Add(index, added[^1], counts: true);
            }

            for (var i = 0; i < 50; i++)
            {
                var key = RandomKey(random);
                Assert.True(added.Any(interval => interval.Contains(key)) == reads.Contains(index, key), $"Seed {seed}, round {round}.");
            }

            var merged = reads.Intervals.Select(entry => entry.Interval).ToArray();
            Assert.Equal(merged.Length, reads.CountedIntervals);
            for (var i = 1; i < merged.Length; i++)
                Assert.True(merged[i - 1].Upper is { } upper && upper.Span.SequenceCompareTo(merged[i].Lower.Span) < 0, $"Seed {seed}, round {round}.");
        }
    }

    private static KeyInterval RandomInterval(Random random, int shared = 0)
    {
        var lower = RandomKey(random, shared);
        return random.Next(5) switch
        {
            0 => KeyInterval.Point(lower),
            1 => KeyInterval.Prefix(lower),
            2 => new(lower, null),
            _ => new(lower, RandomKey(random, shared)),
        };
    }

    private static byte[] RandomKey(Random random, int shared = 0)
    {
        var key = new byte[shared + random.Next(0, 4)];
        for (var i = 0; i < key.Length; i++) key[i] = i < shared ? (byte)0xff : (byte)random.Next(0, 5);
        return key;
    }
}
