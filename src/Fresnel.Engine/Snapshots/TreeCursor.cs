using Fresnel.Values;

namespace Fresnel.Engine.Snapshots;

/// <summary>A place in a sealed tree that moves through an interval in one direction. It starts before the first entry.</summary>
/// <remarks>Where it comes to a node that is not in memory it stays, and says so (<see cref="Missing"/>); once that was loaded, moving on goes on from there.</remarks>
internal sealed class TreeCursor
{
    private readonly ReadOnlyMemory<byte> _lower;
    private readonly ReadOnlyMemory<byte>? _upper;
    private readonly bool _descending;
    private readonly List<(Branch Branch, int At)> _path = [];

    /// <summary>The node to go down into next; null while the cursor is in a leaf, or at its end.</summary>
    private Node? _entering;

    /// <summary>Whether the way down is to the interval's start; afterwards it is to the nearest leaf.</summary>
    private bool _isSeeking = true;
    private Node? _node;
    private Leaf? _leaf;
    private int _at;

    /// <summary>Where the interval ends in this leaf: one past the last entry, or one before the first when descending.</summary>
    private int _stop;

    public TreeCursor(PersistentBTree tree, KeyInterval interval, bool descending)
    {
        (_lower, _upper) = interval;
        _descending = descending;
        if (!interval.IsEmpty) _entering = tree.Root;
    }

    /// <summary>The document of the current entry; null in a tree of keys alone.</summary>
    public Document? Document => _leaf!.DocumentAt(_at);

    /// <summary>The keys of the current leaf.</summary>
    public KeyBlock Keys => _leaf!;

    /// <summary>The current entry's place in <see cref="Keys"/>.</summary>
    public int At => _at;

    /// <summary>What must be loaded before the cursor can move, or before the current document can be had; null when there is nothing.</summary>
    public Missing? Missing => _entering is not null ? new(_entering, null, null) : _leaf is null || Document is not { IsCold: true } cold ? null : new(_node!, _leaf, cold);

    /// <summary>A copy of the current key.</summary>
    public byte[] CopyKey() => _leaf!.CopyKey(_at);

    /// <summary>Goes to the next entry; false at the end, and then for ever, or while something is <see cref="Missing"/>.</summary>
    public bool MoveNext()
    {
        if (_entering is null)
        {
            if (_leaf is null) return false;
            _at += _descending ? -1 : 1;
            if (_at != _stop) return true;
            GoOn();
        }

        while (_entering is not null)
        {
            if (!Enter()) return false;
            if (_at != _stop) return true;
            GoOn();
        }

        return false;
    }

    /// <summary>Goes down to a leaf; false while a node on the way is not in memory.</summary>
    private bool Enter()
    {
        while (true)
        {
            switch (_entering!.Read())
            {
                case Branch branch:
                    var at = ChildToEnter(branch);
                    _path.Add((branch, at));
                    _entering = branch.ChildAt(at);
                    break;
                case Leaf leaf:
                    (_node, _leaf, _entering) = (_entering, leaf, null);
                    Place(leaf);
                    return true;
                default:
                    return false;
            }
        }
    }

    private int ChildToEnter(Branch branch)
    {
        if (!_isSeeking) return _descending ? branch.Size - 1 : 0;
        if (!_descending) return branch.CountUpTo(_lower.Span);
        return _upper is { } upper ? branch.CountUpTo(upper.Span) : branch.Size - 1;
    }

    /// <summary>Finds start and stop in a leaf.</summary>
    private void Place(Leaf leaf)
    {
        if (_descending)
        {
            _at = (_isSeeking && _upper is { } upper ? leaf.Find(upper.Span, out _) : leaf.Count) - 1;
            _stop = leaf.Find(_lower.Span, out _) - 1;
        }
        else
        {
            _at = _isSeeking ? leaf.Find(_lower.Span, out _) : 0;
            _stop = _upper is { } upper ? leaf.Find(upper.Span, out _) : leaf.Count;
        }

        // The start may lie beyond the stop when the leaf holds nothing of the interval.
        if (_descending ? _at < _stop : _at > _stop) _at = _stop;
        _isSeeking = false;
    }

    /// <summary>Finds the next leaf, to be entered; or the end.</summary>
    private void GoOn()
    {
        // An interval that stopped inside the leaf has no entries beyond it.
        var goesOn = _stop == (_descending ? -1 : _leaf!.Count);
        (_node, _leaf) = (null, null);
        if (!goesOn) return;
        var step = _descending ? -1 : 1;
        while (_path.Count > 0)
        {
            var (branch, at) = _path[^1];
            at += step;
            if (at < 0 || at >= branch.Size)
            {
                _path.RemoveAt(_path.Count - 1);
                continue;
            }

            _path[^1] = (branch, at);
            _entering = branch.ChildAt(at);
            return;
        }
    }
}
