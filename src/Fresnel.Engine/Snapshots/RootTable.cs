using Fresnel.Engine.Tables;

namespace Fresnel.Engine.Snapshots;

/// <summary>The tree of each index: a persistent trie over index numbers, so that ten thousand tables cost a snapshot nothing.</summary>
internal sealed class RootTable
{
    private const int Bits = 5;
    private const int Width = 1 << Bits;

    private readonly BatchOwner? _owner;
    private Slot _top;
    private int _levels;

    public RootTable() : this(null, new(null), 1)
    {
    }

    private RootTable(BatchOwner? owner, Slot top, int levels)
    {
        _owner = owner;
        _top = top;
        _levels = levels;
    }

    /// <summary>The tree of an index, or null.</summary>
    public PersistentBTree? Find(IndexKeyId index)
    {
        if (index.Number >> (_levels * Bits) != 0) return null;
        var slot = _top;
        for (var level = _levels - 1; level > 0; level--)
        {
            if (slot.Entries[index.Number >> (level * Bits) & (Width - 1)] is not Slot next) return null;
            slot = next;
        }

        return slot.Entries[index.Number & (Width - 1)] as PersistentBTree;
    }

    /// <summary>All trees, by index number.</summary>
    public IEnumerable<(IndexKeyId Index, PersistentBTree Tree)> All() => Below(_top, 0);

    /// <summary>A version that the batch owns.</summary>
    public RootTable EditableBy(BatchOwner owner) => ReferenceEquals(_owner, owner) ? this : new(owner, _top, _levels);

    /// <summary>The tree of an index, to be edited by the batch.</summary>
    public PersistentBTree Edit(BatchOwner owner, IndexKeyId index)
    {
        ref var entry = ref EntryFor(owner, index);
        var tree = (entry as PersistentBTree ?? throw new InvalidOperationException($"There is no tree of index {index.Number}.")).EditableBy(owner);
        entry = tree;
        return tree;
    }

    /// <summary>Hooks a tree in, or unhooks it with null.</summary>
    public void Set(BatchOwner owner, IndexKeyId index, PersistentBTree? tree) => EntryFor(owner, index) = tree;

    private ref object? EntryFor(BatchOwner owner, IndexKeyId index)
    {
        if (!ReferenceEquals(_owner, owner)) throw new InvalidOperationException("A sealed table of roots was about to be edited.");
        while (index.Number >> (_levels * Bits) != 0)
        {
            var top = new Slot(owner);
            top.Entries[0] = _top;
            _top = top;
            _levels++;
        }

        _top = _top.EditableBy(owner);
        var slot = _top;
        for (var level = _levels - 1; level > 0; level--)
        {
            ref var entry = ref slot.Entries[index.Number >> (level * Bits) & (Width - 1)];
            slot = (entry as Slot)?.EditableBy(owner) ?? new Slot(owner);
            entry = slot;
        }

        return ref slot.Entries[index.Number & (Width - 1)];
    }

    private static IEnumerable<(IndexKeyId Index, PersistentBTree Tree)> Below(Slot slot, int number)
    {
        for (var i = 0; i < Width; i++)
        {
            if (slot.Entries[i] is PersistentBTree tree) yield return (new(number << Bits | i), tree);
            else if (slot.Entries[i] is Slot below)
            {
                foreach (var found in Below(below, number << Bits | i)) yield return found;
            }
        }
    }

    private sealed class Slot(BatchOwner? owner)
    {
        public object?[] Entries { get; private init; } = new object?[Width];

        public Slot EditableBy(BatchOwner editor) => ReferenceEquals(owner, editor) ? this : new(editor) { Entries = (object?[])Entries.Clone() };
    }
}
