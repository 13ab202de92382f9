using Fresnel.Engine.Log;
using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Stores;
using Fresnel.Values;

namespace Fresnel.Engine.Pages;

/// <summary>Which nodes are in memory: loads those that are missed, lets go of those that were not read lately, keeps count against the budget.</summary>
/// <remarks>
/// A node is <em>dirty</em> until a checkpoint that is in force holds it, and stays in memory so long. Then it is <em>clean</em>: it joins a ring, around which a
/// hand goes when memory is over the budget. A node that was read since the hand came by last is passed over once; a branch stays as long as a child of
/// it is in memory. The catalog's trees are pinned. Nodes that only old snapshots hold leave by the same way.
/// </remarks>
internal sealed class NodeCache(ICommitStore store, long budget)
{
    /// <summary>Clean nodes that stay whatever the budget is, so that whoever loads a path finds it whole. Their large documents may go.</summary>
    private const int LeastNodes = 64;

    private readonly Lock _gate = new();
    private readonly List<Node> _ring = [];
    private readonly Dictionary<long, Task<ReadOnlyMemory<byte>>> _reading = [];
    private int _hand;

    /// <summary>Whether the committer is at work on nodes that it found in memory.</summary>
    private bool _isHeld;

    /// <summary>Completes when nodes may leave again; null when nobody waits for that.</summary>
    private TaskCompletionSource? _room;
    private long _clean;
    private long _dirty;
    private long _loads;
    private long _evictions;

    /// <summary>Snapshots before this one may miss pages that were given up.</summary>
    private Timestamp _givenUpBefore = Timestamp.Zero;

    /// <summary>Whether any node may be out of memory. Starts false; until then nobody need look.</summary>
    public bool MayMiss { get; private set; }

    /// <summary>The time of the checkpoint in force; snapshots that are sealed now are of it.</summary>
    public PageEpoch Epoch { get; private set; } = new();

    /// <summary>Bytes of nodes and documents in memory.</summary>
    public long ResidentBytes => Volatile.Read(ref _clean) + Volatile.Read(ref _dirty);

    /// <summary>Bytes of nodes and documents that no checkpoint holds.</summary>
    public long DirtyBytes => Volatile.Read(ref _dirty);

    /// <summary>Pages that were loaded.</summary>
    public long Loads => Volatile.Read(ref _loads);

    /// <summary>Nodes that were let go of.</summary>
    public long Evictions => Volatile.Read(ref _evictions);

    /// <summary>Whether a checkpoint is due because of what only memory holds.</summary>
    public bool IsDirty => DirtyBytes > budget / 4;

    /// <summary>Whether commits must wait for a checkpoint.</summary>
    public bool IsFull => DirtyBytes > budget / 2;

    /// <summary>Loads what a reader of a snapshot misses.</summary>
    /// <exception cref="SnapshotTooOldException">The page was given up; a newer snapshot does without it.</exception>
    /// <exception cref="StoreException">It cannot be read, or is damaged.</exception>
    public async ValueTask LoadAsync(Missing missing, Timestamp snapshot, CancellationToken cancellationToken)
    {
        var page = missing.Document?.Page ?? missing.Node.Page;
        if (missing.Document is null && missing.Node.Content is not null) return;
        while (RoomAwaited() is { } room) await room.OrCanceled(cancellationToken);
        var bytes = await ReadAsync(page, cancellationToken);
        if (bytes.IsEmpty && snapshot < _givenUpBefore) throw new SnapshotTooOldException();
        try
        {
            if (missing.Document is { } cold) Install(missing, new(cold.Id, cold.Timestamp, PageFormat.ReadJson(bytes, page)) { Page = page });
            else Install(missing.Node, PageFormat.Read(bytes, page));
        }
        catch (InvalidDataException damaged)
        {
            throw new StoreException(StoreFailure.Damaged, $"Page {page} of the database cannot be read: {damaged.Message} Restore the data folder from a backup.", damaged);
        }
    }

    /// <summary>Nothing leaves memory until <see cref="Release"/>: what is found in memory now may be edited.</summary>
    public void Hold()
    {
        lock (_gate) _isHeld = true;
    }

    /// <summary>Nodes may leave again.</summary>
    public void Release()
    {
        lock (_gate)
        {
            _isHeld = false;
            MakeRoom();
            _room?.TrySetResult();
            _room = null;
        }
    }

    /// <summary>Puts back what was let go of since it was loaded.</summary>
    public void Restore(Node node, NodeContent content)
    {
        if (node.Content is null) Install(node, content);
    }

    /// <summary>Takes a whole tree in for good, as a page tells it: the catalog's.</summary>
    public async Task PinAsync(Node node, CancellationToken cancellationToken)
    {
        await LoadAsync(new(node, null, null), Timestamp.Zero, cancellationToken);
        lock (_gate)
        {
            node.State = NodeState.Pinned;
            _ring.Remove(node);
        }

        if (node.Content is Leaf leaf)
        {
            for (var i = 0; i < leaf.Count; i++)
            {
                if (leaf.DocumentAt(i) is { IsCold: true } cold) await LoadAsync(new(node, leaf, cold), Timestamp.Zero, cancellationToken);
            }
        }

        for (var i = 0; node.Content is Branch branch && i < branch.Size; i++) await PinAsync(branch.ChildAt(i), cancellationToken);
    }

    /// <summary>Counts the nodes of a batch that is being sealed.</summary>
    public void Count(BatchOwner batch)
    {
        lock (_gate)
        {
            foreach (var node in batch.Gone)
            {
                if (node.State == NodeState.Dirty) _dirty -= node.CountedBytes;
                else if (node.State == NodeState.Pinned) _clean -= node.CountedBytes;
                if (node.State is NodeState.New or NodeState.Dirty or NodeState.Pinned) node.State = NodeState.Gone;
            }

            foreach (var node in batch.Born)
            {
                if (node.State == NodeState.New) CountDirty(node);
            }
        }

        batch.Forget();
    }

    /// <summary>Counts the dirty nodes anew: the batches behind these roots were lost.</summary>
    public void Recount(RootTable roots)
    {
        lock (_gate)
        {
            _dirty = 0;
            foreach (var (_, tree) in roots.All()) Recount(tree.Root);
        }
    }

    /// <summary>A checkpoint holds these nodes, and is in force.</summary>
    /// <param name="nodes">What it wrote.</param>
    /// <param name="pinned">How many of them, the first ones, stay for good.</param>
    /// <returns>The time that has ended.</returns>
    public PageEpoch Clean(IReadOnlyList<Node> nodes, int pinned)
    {
        lock (_gate)
        {
            var ended = Epoch;
            Epoch = new();
            for (var i = 0; i < nodes.Count; i++)
            {
                var node = nodes[i];
                // What went out of the trees while it was being written can be loaded from now on, like what is in them: so it is counted again, and may go.
                // Not of the catalog's trees: those who read old ones do not wait for pages.
                if (node.State != NodeState.Dirty && (node.State != NodeState.Gone || i < pinned)) continue;
                if (node.State == NodeState.Dirty) _dirty -= node.CountedBytes;
                _clean += node.CountedBytes;
                node.State = i < pinned ? NodeState.Pinned : NodeState.Clean;
                if (i >= pinned) _ring.Add(node);
            }

            MakeRoom();
            return ended;
        }
    }

    /// <summary>Pages are being given up that only snapshots before this one may need.</summary>
    public void GiveUpBefore(Timestamp checkpoint) => _givenUpBefore = checkpoint;

    /// <summary>From here on nodes may be out of memory.</summary>
    public void ExpectMisses() => MayMiss = true;

    /// <summary>What a reader must wait for before it loads more: room, while nothing may leave and memory is full. The committer works on a batch without waiting for anybody, so that is soon.</summary>
    private Task? RoomAwaited()
    {
        lock (_gate) return _isHeld && ResidentBytes >= budget ? (_room ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task : null;
    }

    /// <summary>Reads a page; those who want the same one at once share the read.</summary>
    private async Task<ReadOnlyMemory<byte>> ReadAsync(long page, CancellationToken cancellationToken)
    {
        Task<ReadOnlyMemory<byte>>? reading;
        lock (_gate)
        {
            if (!_reading.TryGetValue(page, out reading))
            {
                _loads++;
                reading = ReadOneAsync(page);
                if (!reading.IsCompleted) _reading.Add(page, reading);
            }
        }

        return await reading.OrCanceled(cancellationToken);
    }

    private async Task<ReadOnlyMemory<byte>> ReadOneAsync(long page)
    {
        try
        {
            return (await store.ReadPagesAsync([page], CancellationToken.None))[0];
        }
        finally
        {
            lock (_gate) _reading.Remove(page);
        }
    }

    private void Install(Node node, NodeContent content)
    {
        lock (_gate)
        {
            if (node.Content is not null) return;
            node.WasRead = true;
            node.CountedBytes = content.Bytes;
            node.State = NodeState.Clean;
            node.Content = content;
            _clean += node.CountedBytes;
            _ring.Add(node);
            MakeRoom(spared: node);
        }
    }

    private void Install(Missing missing, Document warm)
    {
        lock (_gate)
        {
            if (!missing.Leaf!.Warm(missing.Document!, warm) || !ReferenceEquals(missing.Node.Content, missing.Leaf)) return;
            missing.Node.CountedBytes += warm.Json.Length;
            if (missing.Node.State is NodeState.Clean or NodeState.Pinned) _clean += warm.Json.Length;
            else if (missing.Node.State == NodeState.Dirty) _dirty += warm.Json.Length;
            MakeRoom(spared: missing.Node);
        }
    }

    /// <summary>Moves the hand until memory is within the budget, twice around at most.</summary>
    /// <param name="spared">What was loaded just now, and must stay until its reader has looked: else the two would go in a circle.</param>
    private void MakeRoom(Node? spared = null)
    {
        if (_isHeld) return;
        // However much is dirty, an eighth is for what is read.
        var most = Math.Max(budget - _dirty, budget / 8);
        for (var steps = _ring.Count * 2; steps > 0 && _clean > most; steps--)
        {
            if (_hand >= _ring.Count) _hand = 0;
            var node = _ring[_hand];
            if (node.WasRead || ReferenceEquals(node, spared) || node.Content is Branch { HasChildInMemory: true })
            {
                node.WasRead = false;
                _hand++;
                continue;
            }

            if (_ring.Count <= LeastNodes)
            {
                if (node.Content is Leaf leaf && leaf.WithoutLarge() is { } lean)
                {
                    _clean += lean.Bytes - node.CountedBytes;
                    node.CountedBytes = lean.Bytes;
                    node.Content = lean;
                    MayMiss = true;
                }

                _hand++;
                continue;
            }

            _clean -= node.CountedBytes;
            node.State = NodeState.Out;
            _evictions++;
            MayMiss = true;
            node.Content = null;
            _ring[_hand] = _ring[^1];
            _ring.RemoveAt(_ring.Count - 1);
        }
    }

    private void CountDirty(Node node)
    {
        node.CountedBytes = node.Required.Bytes;
        node.State = NodeState.Dirty;
        _dirty += node.CountedBytes;
    }

    private void Recount(Node node)
    {
        if (node.State is not (NodeState.New or NodeState.Dirty or NodeState.Gone)) return;
        CountDirty(node);
        for (var i = 0; node.Content is Branch branch && i < branch.Size; i++) Recount(branch.ChildAt(i));
    }
}

/// <summary>A snapshot is so old that pages which only it needs were given up. The transaction is run again on a newer one; nobody is told.</summary>
public class SnapshotTooOldException(string message = "The snapshot is too old to be read.") : Exception(message);
