using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Engine.Watches;
using Fresnel.Values;

namespace Fresnel.Engine.Tests.Watches;

public sealed class IntervalTests
{
    [Fact]
    public void The_treap_finds_what_a_scan_finds()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var treap = new IntervalTreap<object>();
        var all = new List<(KeyInterval Interval, object Owner)>();
        for (var round = 0; round < 3_000; round++)
        {
            if (all.Count > 0 && random.NextDouble() < (round % 1_000 > 600 ? 0.8 : 0.2))
            {
                var at = random.Next(all.Count);
                treap.Remove(all[at].Interval, all[at].Owner);
                all.RemoveAt(at);
            }
            else
            {
                var entry = (RandomInterval(random), new object());
                treap.Add(entry.Item1, entry.Item2);
                all.Add(entry);
            }

            var key = RandomKey(random);
            var found = new List<object>();
            treap.FindContaining(key, found);
            var expected = all.Where(entry => entry.Interval.Contains(key)).Select(entry => entry.Owner).ToHashSet();
            Assert.True(expected.SetEquals(found) && expected.Count == found.Count, $"Seed {seed}, round {round}.");
        }

        foreach (var (interval, owner) in all) treap.Remove(interval, owner);
        Assert.True(treap.IsEmpty);
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

    private static KeyInterval RandomInterval(Random random)
    {
        var lower = RandomKey(random);
        return random.Next(5) switch
        {
            0 => KeyInterval.Point(lower),
            1 => KeyInterval.Prefix(lower),
            2 => new(lower, null),
            _ => new(lower, RandomKey(random)),
        };
    }

    private static byte[] RandomKey(Random random)
    {
        var key = new byte[random.Next(0, 4)];
        for (var i = 0; i < key.Length; i++) key[i] = (byte)random.Next(0, 5);
        return key;
    }
}
