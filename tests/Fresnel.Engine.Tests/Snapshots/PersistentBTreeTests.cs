using Fresnel.Engine.Snapshots;
using Fresnel.Testing;
using Fresnel.Values;

namespace Fresnel.Engine.Tests.Snapshots;

public sealed class PersistentBTreeTests
{
    private static readonly Comparer<byte[]> ByBytes = Comparer<byte[]>.Create((left, right) => left.AsSpan().SequenceCompareTo(right));

    [Theory]
    [InlineData(KeyShape.Scattered)]
    [InlineData(KeyShape.LongPrefixes)]
    [InlineData(KeyShape.Growing)]
    [InlineData(KeyShape.Tiny)]
    public void It_does_what_a_sorted_map_does_and_every_sealed_version_stays_as_it_was(KeyShape shape)
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var tree = new PersistentBTree(keyOnly: false);
        var model = new SortedDictionary<byte[], Document>(ByBytes);
        var versions = new List<(PersistentBTree Tree, KeyValuePair<byte[], Document>[] Entries)>();
        try
        {
            for (var batch = 0; batch < 60; batch++)
            {
                var owner = new BatchOwner();
                tree = tree.EditableBy(owner);
                // Phases of growth and of shrinking, so that nodes split, thin out and merge.
                var removes = batch % 20 > 12 ? 0.9 : 0.15;
                for (var i = 0; i < 200; i++)
                {
                    if (model.Count > 0 && random.NextDouble() < removes)
                    {
                        var key = random.NextDouble() < 0.9 ? model.Keys.ElementAt(random.Next(model.Count)) : KeyOf(shape, random, i);
                        var removed = tree.Remove(owner, key, out var document);
                        Assert.Equal(model.Remove(key, out var expected), removed);
                        Assert.Same(expected, document);
                    }
                    else
                    {
                        var key = KeyOf(shape, random, batch * 1_000 + i);
                        var document = NewDocument(i);
                        Assert.Same(model.GetValueOrDefault(key), tree.Put(owner, key, document));
                        model[key] = document;
                    }
                }

                Assert.Equal(model.Count, tree.Count);
                if (batch % 7 == 0) versions.Add((tree, [.. model]));
                if (batch % 7 == 0) tree = tree.EditableBy(new());
                if (batch % 3 == 0) CheckScans(tree, [.. model], random, shape);
            }

            foreach (var (version, entries) in versions) CheckScans(version, entries, random, shape);
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"Seed {seed}, {shape}.", failure);
        }
    }

    [Fact]
    public void A_sealed_tree_cannot_be_edited()
    {
        var owner = new BatchOwner();
        var tree = new PersistentBTree(keyOnly: true).EditableBy(owner);
        tree.Put(owner, [1], null);
        Assert.Throws<InvalidOperationException>(() => tree.Put(new(), [2], null));
    }

    [Fact]
    public void Keys_that_grow_leave_full_leaves_behind()
    {
        var owner = new BatchOwner();
        var tree = new PersistentBTree(keyOnly: true).EditableBy(owner);
        for (var i = 0; i < Node.Width * 100; i++) tree.Put(owner, IndexKey.Encode(Value.Int64(i)), null);
        Assert.Equal(100, Leaves(tree.Root).Count());
    }

    [Fact]
    public void A_batch_edits_its_own_nodes_in_place_and_copies_only_one_path_of_others()
    {
        var owner = new BatchOwner();
        var tree = new PersistentBTree(keyOnly: true).EditableBy(owner);
        for (var i = 0; i < 10_000; i++) tree.Put(owner, IndexKey.Encode(Value.Int64(i * 2)), null);
        var before = Leaves(tree.Root).ToHashSet();

        var next = new BatchOwner();
        var changed = tree.EditableBy(next);
        changed.Put(next, IndexKey.Encode(Value.Int64(5_001)), null);
        changed.Put(next, IndexKey.Encode(Value.Int64(5_003)), null);
        Assert.True(Leaves(changed.Root).Count(leaf => !before.Contains(leaf)) <= 2);
    }

    [Fact]
    public void The_table_of_roots_keeps_versions_apart()
    {
        var first = new BatchOwner();
        var roots = new RootTable().EditableBy(first);
        for (var i = 0; i < 5_000; i += 7) roots.Set(first, new(i), new(keyOnly: true));
        var second = new BatchOwner();
        var changed = roots.EditableBy(second);
        changed.Edit(second, new(700)).Put(second, [1], null);
        changed.Set(second, new(7), null);
        changed.Set(second, new(100_000), new(keyOnly: true));

        Assert.Equal(0, roots.Find(new(700))!.Count);
        Assert.Equal(1, changed.Find(new(700))!.Count);
        Assert.NotNull(roots.Find(new(7)));
        Assert.Null(changed.Find(new(7)));
        Assert.Null(roots.Find(new(100_000)));
        Assert.NotNull(changed.Find(new(100_000)));
        Assert.Null(changed.Find(new(8)));
        Assert.Equal(Enumerable.Range(0, 715).Select(i => i * 7), roots.All().Select(root => root.Index.Number));
    }

    private static void CheckScans(PersistentBTree tree, KeyValuePair<byte[], Document>[] entries, Random random, KeyShape shape)
    {
        CheckScan(tree, entries, [], null);
        for (var i = 0; i < 4; i++)
        {
            var (lower, upper) = (KeyOf(shape, random, random.Next(60_000)), KeyOf(shape, random, random.Next(60_000)));
            CheckScan(tree, entries, lower, upper);
            CheckScan(tree, entries, lower, null);
            CheckScan(tree, entries, [], upper);
        }

        foreach (var (key, document) in entries.Take(20))
        {
            Assert.True(tree.TryGet(key, out var found, out _));
            Assert.Same(document, found);
        }
    }

    private static void CheckScan(PersistentBTree tree, KeyValuePair<byte[], Document>[] entries, byte[] lower, byte[]? upper)
    {
        var expected = entries.Where(entry => ByBytes.Compare(entry.Key, lower) >= 0 && (upper is null || ByBytes.Compare(entry.Key, upper) < 0)).ToArray();
        foreach (var descending in (bool[])[false, true])
        {
            var cursor = new TreeCursor(tree, upper is null ? new(lower, null) : new(lower, upper), descending);
            foreach (var (key, document) in descending ? expected.Reverse() : expected)
            {
                Assert.True(cursor.MoveNext());
                Assert.True(key.AsSpan().SequenceEqual(cursor.CopyKey()));
                Assert.Same(document, cursor.Document);
                var tail = new byte[Math.Min(3, key.Length)];
                cursor.Keys.CopyTail(cursor.At, tail);
                Assert.True(key.AsSpan().EndsWith(tail));
            }

            Assert.False(cursor.MoveNext());
            Assert.False(cursor.MoveNext());
        }
    }

    private static byte[] KeyOf(KeyShape shape, Random random, int i)
    {
        switch (shape)
        {
            case KeyShape.Growing:
                return IndexKey.Encode(Value.Int64(i));
            case KeyShape.LongPrefixes:
                return IndexKey.Encode(new string('x', 40 + random.Next(3)), new string('y', random.Next(30)), Value.Int64(random.Next(500)));
            case KeyShape.Tiny:
                var tiny = new byte[random.Next(0, 4)];
                for (var at = 0; at < tiny.Length; at++) tiny[at] = (byte)random.Next(0, 4);
                return tiny;
            default:
                var key = new byte[random.Next(1, 25)];
                random.NextBytes(key);
                return key;
        }
    }

    private static Document NewDocument(int i) => new(new(10_001, new((UInt128)i)), new(i), default);

    private static IEnumerable<Node> Leaves(Node node) =>
        node.Content is Branch branch ? Enumerable.Range(0, branch.Size).SelectMany(i => Leaves(branch.ChildAt(i))) : [node];

    public enum KeyShape
    {
        Scattered,
        LongPrefixes,
        Growing,
        Tiny,
    }
}
