using Fresnel.Engine.Snapshots;
using Fresnel.Values;

namespace Fresnel.Engine.Pages;

/// <summary>Pages that the newest checkpoint does without, and older snapshots may still read: given up in order, once nobody reads one, and they were kept for a while.</summary>
/// <remarks>The while is for those who hold a snapshot without reading it just now. Used by one checkpoint at a time.</remarks>
internal sealed class FreedPages(TimeProvider time, TimeSpan keptFor)
{
    private readonly Queue<Entry> _entries = [];

    /// <summary>How many there are.</summary>
    public int Count => _entries.Sum(entry => entry.Pages.Count);

    /// <summary>Their numbers in ascending order, with more that a checkpoint about to be flipped to would free.</summary>
    public IReadOnlyList<long> With(IReadOnlyList<long> more) => [.. _entries.SelectMany(entry => entry.Pages).Concat(more).Order()];

    /// <summary>A checkpoint was flipped to.</summary>
    /// <param name="ended">The time of the one before.</param>
    /// <param name="checkpoint">The new one's timestamp: snapshots before it may need the pages.</param>
    /// <param name="pages">What it freed.</param>
    public void Add(PageEpoch ended, Timestamp checkpoint, IReadOnlyList<long> pages) => _entries.Enqueue(new(ended, checkpoint, time.GetTimestamp(), pages));

    /// <summary>Pages that only readers before this process needed.</summary>
    public void AddDue(Timestamp checkpoint, IReadOnlyList<long> pages)
    {
        if (pages.Count > 0) _entries.Enqueue(new(new(), checkpoint, null, pages));
    }

    /// <summary>The oldest ones, when nobody can need them any more; null when there are none. Once they are deleted, <see cref="Remove"/> them.</summary>
    public (Timestamp Checkpoint, IReadOnlyList<long> Pages)? Due()
    {
        // In order: a snapshot of an earlier time may need what any later checkpoint freed.
        if (!_entries.TryPeek(out var oldest) || oldest.Ended.IsRead || (oldest.FlippedAt is { } flippedAt && time.GetElapsedTime(flippedAt) < keptFor)) return null;
        return (oldest.Checkpoint, oldest.Pages);
    }

    /// <summary>Takes out those that were due.</summary>
    public void Remove() => _entries.Dequeue();

    private sealed record Entry(PageEpoch Ended, Timestamp Checkpoint, long? FlippedAt, IReadOnlyList<long> Pages);
}
