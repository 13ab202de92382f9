using Fresnel.Engine.Commits;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Values;

namespace Fresnel.Engine.Watches;

/// <summary>All watches of a database, and the recent writes that a new one is tested against.</summary>
/// <remarks>Behind one lock: the publisher evaluates a group, others add and remove. Between the two nothing is missed, whatever the order.</remarks>
internal sealed class WatchList(Timestamp start)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<IndexKeyId, IntervalIndex> _indexes = [];
    private readonly RecentWrites _recent = new(start);

    /// <summary>Adds a watch, unless it is stale already.</summary>
    public Watch Add(ReadSet reads, Timestamp asOf, object? owner)
    {
        reads.Close();
        var watch = new Watch(this, reads, asOf) { Owner = owner };
        lock (_gate)
        {
            // What was written just after it is forgotten: it may have been inside.
            if (asOf < _recent.Floor) watch.MarkStale(new(asOf.Nanoseconds + 1));
            else if (asOf < _recent.Newest && _recent.FirstTouch(reads, asOf) is { } touched) watch.MarkStale(touched);
            else Register(watch);
        }

        return watch;
    }

    public void Remove(Watch watch)
    {
        lock (_gate)
        {
            // A stale watch was taken out when it became so.
            if (watch.StaleSince is null) Unregister(watch);
        }
    }

    /// <summary>Marks the watches that the commits of a group touch, takes them out and returns them.</summary>
    public IReadOnlyList<Watch> Evaluate(PublishedGroup group, Timestamp forgetThrough)
    {
        var stale = new List<Watch>();
        lock (_gate)
        {
            foreach (var commit in group.Commits)
            {
                var writes = commit.Prepared!.Writes;
                _recent.Add(commit.Timestamp, writes);
                if (_indexes.Count == 0) continue;
                var before = stale.Count;
                foreach (var write in writes) Touch(write, commit.Timestamp, stale);
                // At once: what a hundred thousand watch is not looked through again for each commit of the group.
                for (var i = before; i < stale.Count; i++) Unregister(stale[i]);
            }

            _recent.Age(forgetThrough);
        }

        return stale;
    }

    private void Touch(PreparedWrite write, Timestamp timestamp, List<Watch> stale)
    {
        Touch(write.Table.ById.Key, write.IdKey, timestamp, stale);
        foreach (var change in write.Changes)
        {
            if (change.Before is not null) Touch(change.Index.Key, change.Before, timestamp, stale);
            if (change.After is not null && change.Moves) Touch(change.Index.Key, change.After, timestamp, stale);
        }
    }

    private void Touch(IndexKeyId index, byte[] key, Timestamp timestamp, List<Watch> stale)
    {
        if (_indexes.TryGetValue(index, out var intervals)) intervals.Touch(key, timestamp, stale);
    }

    private void Register(Watch watch)
    {
        var seats = new List<WatchSeat>();
        foreach (var (index, intervals) in watch.Reads.ByIndex)
        {
            if (!_indexes.TryGetValue(index, out var entry)) _indexes.Add(index, entry = new(() => _indexes.Remove(index)));
            foreach (var interval in intervals.Intervals)
            {
                var bag = entry.GetOrAdd(interval);
                seats.Add(new(bag, bag.Add(watch, seats.Count)));
            }
        }

        watch.Seats = [.. seats];
    }

    private static void Unregister(Watch watch)
    {
        foreach (var (bag, position) in watch.Seats) bag.Remove(position);
        watch.Seats = [];
    }
}
