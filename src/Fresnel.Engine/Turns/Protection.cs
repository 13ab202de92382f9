using Fresnel.Engine.Commits;
using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Values;

namespace Fresnel.Engine.Turns;

/// <summary>What one contender has reserved: commits of others that write there wait until it is through.</summary>
/// <remarks>The contender's invocation adds to it, the committer looks into it.</remarks>
internal sealed class Protection(long age, ReadSet reads)
{
    private readonly Lock _gate = new();
    private readonly ReadSet _reserved = Copy(reads);
    private readonly TaskCompletionSource _granted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isAll; // Starts false; true once it lost although it was protected.

    /// <summary>The lower, the older its contender.</summary>
    public long Age => age;

    /// <summary>Completes when it is the one that is protected.</summary>
    public Task Granted => _granted.Task;

    /// <summary>Where the committer says from which roots it may begin: those behind every commit that was admitted before the reservation.</summary>
    public TaskCompletionSource<Snapshot> Begin { get; set; } = new();

    /// <summary>Whether it holds up everybody.</summary>
    public bool IsAll
    {
        get
        {
            lock (_gate) return _isAll;
        }
    }

    public void Grant() => _granted.TrySetResult();

    /// <summary>Reserves what is about to be read.</summary>
    public void Reserve(IndexKeyId index, KeyInterval interval)
    {
        lock (_gate) _reserved.Add(index, interval);
    }

    /// <summary>From here on nobody else's commit is let through.</summary>
    public void ReserveAll()
    {
        lock (_gate) _isAll = true;
    }

    /// <summary>Whether a commit must wait.</summary>
    public bool Postpones(PreparedCommit commit)
    {
        lock (_gate)
        {
            if (_isAll) return true;
            foreach (var write in commit.Writes)
            {
                if (_reserved.Contains(write.Table.ById.Key, write.IdKey)) return true;
                foreach (var change in write.Changes)
                {
                    if (change.Before is not null && _reserved.Contains(change.Index.Key, change.Before)) return true;
                    if (change.After is not null && change.Moves && _reserved.Contains(change.Index.Key, change.After)) return true;
                }
            }

            return false;
        }
    }

    private static ReadSet Copy(ReadSet reads)
    {
        var copy = new ReadSet();
        foreach (var (index, interval) in reads.Intervals) copy.Add(index, interval);
        return copy;
    }
}

/// <summary>Those who lost too often: one is protected at a time, the oldest first.</summary>
internal sealed class ProtectionLine(ContentionCounters counters)
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, Protection> _waiting = [];
    private Protection? _current;

    /// <summary>Joins the line.</summary>
    public Protection Enter(long age, ReadSet reads)
    {
        var protection = new Protection(age, reads);
        lock (_gate)
        {
            _waiting.Add(age, protection);
            GrantNext();
        }

        return protection;
    }

    /// <summary>Leaves the line, or ends being protected.</summary>
    public void Leave(Protection protection)
    {
        lock (_gate)
        {
            _waiting.Remove(protection.Age);
            if (!ReferenceEquals(_current, protection)) return;
            _current = null;
            GrantNext();
        }
    }

    private void GrantNext()
    {
        if (_current is not null || _waiting.Count == 0) return;
        var (age, oldest) = _waiting.First();
        _waiting.Remove(age);
        _current = oldest;
        counters.CountProtection();
        oldest.Grant();
    }
}
