using Fresnel.Engine.Commits;
using Fresnel.Engine.Tables;
using Fresnel.Values;

namespace Fresnel.Engine.Tests.Commits;

/// <summary>The keys that were written lately, beside a plain list of them.</summary>
public sealed class RecentWritesTests
{
    [Fact]
    public void A_log_of_keys_does_what_a_list_does()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var log = new KeyLog(CatalogTables.Tables);
        var model = new List<(long Timestamp, byte[] Key)>();
        var (now, bytes, modelNewest, newest) = (0L, 0L, 0L, 0L);
        for (var i = 0; i < 4_000; i++)
        {
            var at = now - random.Next(60);
            switch (random.Next(40))
            {
                case 0:
                    bytes -= log.RemoveThrough(at, ref newest);
                    modelNewest = Math.Max(modelNewest, model.Where(entry => entry.Timestamp <= at).Select(entry => entry.Timestamp).DefaultIfEmpty().Max());
                    model.RemoveAll(entry => entry.Timestamp <= at);
                    break;
                case 1:
                    bytes -= log.RemoveAfter(at);
                    model.RemoveAll(entry => entry.Timestamp > at);
                    break;
                default:
                    // Now and then one that is larger than any block.
                    var key = new byte[random.Next(200) == 0 ? 100_000 : random.Next(60)];
                    random.NextBytes(key);
                    now += random.Next(3);
                    model.Add((now, key));
                    bytes += log.Add(now, key);
                    break;
            }

            var since = now - random.Next(80);
            var found = new List<(long, string)>();
            for (var back = log.After(since); back.MoveNext();) found.Add((back.Timestamp, Convert.ToHexString(back.Key)));
            var expected = model.Where(entry => entry.Timestamp > since).Reverse().Select(entry => (entry.Timestamp, Convert.ToHexString(entry.Key)));
            Assert.True(expected.SequenceEqual(found), $"Seed {seed}, step {i}.");
            Assert.True(modelNewest == newest && log.IsEmpty == (model.Count == 0) && bytes >= model.Sum(entry => entry.Key.Length) && (bytes == 0) == (model.Count == 0), $"Seed {seed}, step {i}.");
        }
    }

    [Fact]
    public void However_long_the_keys_are_what_is_kept_of_them_has_a_bound()
    {
        var table = CatalogTables.Tables;
        var recent = new RecentWrites(Timestamp.Zero);
        var id = new DocumentId(table.Number, new InternalId(UInt128.One));
        const int Length = 4 << 20;
        for (var i = 1; i <= 100; i++) recent.Add(new(i), [new(table, id, new byte[Length], null, null, [])]);
        Assert.InRange((100 - recent.Floor.Nanoseconds) * Length, Length, RecentWrites.MostBytes);
    }
}
