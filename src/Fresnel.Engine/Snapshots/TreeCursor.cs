using Fresnel.Values;

namespace Fresnel.Engine.Snapshots;

/// <summary>A place in a sealed tree that moves through an interval in one direction. It starts before the first entry.</summary>
internal sealed class TreeCursor
{
    private readonly PersistentBTree _tree;
    private readonly ReadOnlyMemory<byte> _lower;
    private readonly ReadOnlyMemory<byte>? _upper;
    private readonly bool _descending;
    private readonly List<(Branch Branch, int At)> _path = [];
    private Leaf? _leaf;
    private int _at;

    /// <summary>Where the interval ends in this leaf: one past the last entry, or one before the first when descending.</summary>
    private int _stop;
    private bool _started;

    public TreeCursor(PersistentBTree tree, KeyInterval interval, bool descending)
    {
        _tree = tree;
        (_lower, _upper) = interval;
        _descending = descending;
    }

    /// <summary>The document of the current entry; null in a tree of keys alone.</summary>
    public Document? Document => _leaf!.DocumentAt(_at);

    /// <summary>The keys of the current leaf.</summary>
    public KeyBlock Keys => _leaf!.Keys;

    /// <summary>The current entry's place in <see cref="Keys"/>.</summary>
    public int At => _at;

    /// <summary>A copy of the current key.</summary>
    public byte[] CopyKey() => Keys.Copy(_at);

    /// <summary>Goes to the next entry; false at the end, and then for ever.</summary>
    public bool MoveNext()
    {
        if (!_started)
        {
            _started = true;
            if (_upper is { } upper && upper.Span.SequenceCompareTo(_lower.Span) <= 0) return false;
            Seek();
        }
        else if (_leaf is not null) _at += _descending ? -1 : 1;

        while (_leaf is not null && _at == _stop) NextLeaf();
        return _leaf is not null;
    }

    private void Seek()
    {
        var node = _tree.Root;
        while (node is Branch branch)
        {
            var at = _descending
                ? _upper is { } upper ? branch.Keys.CountUpTo(upper.Span) : branch.Count - 1
                : branch.Keys.CountUpTo(_lower.Span);
            _path.Add((branch, at));
            node = branch.ChildAt(at);
        }

        Enter((Leaf)node);
        if (_descending) _at = (_upper is { } bound ? _leaf!.Keys.Find(bound.Span, out _) : _leaf!.Count) - 1;
        else _at = _leaf!.Keys.Find(_lower.Span, out _);
        // The start may lie beyond the stop when the leaf holds nothing of the interval.
        if (_descending ? _at < _stop : _at > _stop) _at = _stop;
    }

    private void Enter(Leaf leaf)
    {
        _leaf = leaf;
        if (_descending)
        {
            _at = leaf.Count - 1;
            _stop = leaf.Keys.Find(_lower.Span, out _) - 1;
        }
        else
        {
            _at = 0;
            _stop = _upper is { } upper ? leaf.Keys.Find(upper.Span, out _) : leaf.Count;
        }
    }

    private void NextLeaf()
    {
        // An interval that stopped inside the leaf has no entries beyond it.
        if (_stop != (_descending ? -1 : _leaf!.Count))
        {
            _leaf = null;
            return;
        }

        var step = _descending ? -1 : 1;
        while (_path.Count > 0)
        {
            var (branch, at) = _path[^1];
            at += step;
            if (at < 0 || at >= branch.Count)
            {
                _path.RemoveAt(_path.Count - 1);
                continue;
            }

            _path[^1] = (branch, at);
            var node = branch.ChildAt(at);
            while (node is Branch below)
            {
                at = _descending ? below.Count - 1 : 0;
                _path.Add((below, at));
                node = below.ChildAt(at);
            }

            Enter((Leaf)node);
            return;
        }

        _leaf = null;
    }
}
