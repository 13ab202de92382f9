namespace Fresnel.Runtime.Live;

/// <summary>Results that are still true and that nobody shows: whoever asks next need not run the query. The least recently shown go first.</summary>
/// <remarks>
/// They lie in their live queries like all others, and their watches go on; this is only the order in which they leave, with what they take. A result leaves when it becomes
/// stale, when somebody shows it again, when it has been here for <see cref="KeptFor"/> (what a function saw of the clock is then too old), or when others need the room.
/// Guarded by <see cref="LiveQueries.Gate"/>.
/// </remarks>
/// <param name="budget">Bytes; at 0 nothing is kept.</param>
/// <param name="time">The clock.</param>
internal sealed class LiveCache(long budget, TimeProvider time)
{
    /// <summary>How long a result is kept that nobody shows. Source: <c>spec/data-model.md</c> §5.7 leaves it to us.</summary>
    private static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(1);

    private readonly LinkedList<(LiveResult Result, long Since)> _results = []; // The one that was kept last comes last.

    /// <summary>What all that is kept takes. At most the budget.</summary>
    public long Bytes { get; private set; }

    public int Count => _results.Count;

    /// <summary>Keeps a result; null when it is not worth it.</summary>
    public LinkedListNode<(LiveResult Result, long Since)>? KeepLocked(LiveResult result)
    {
        if (result.Bytes > budget / 4) return null; // One must not push all others out.
        while (Bytes + result.Bytes > budget) _results.First!.Value.Result.DropLocked();
        Bytes += result.Bytes;
        return _results.AddLast((result, time.GetTimestamp()));
    }

    public void RemoveLocked(LinkedListNode<(LiveResult Result, long Since)> kept)
    {
        _results.Remove(kept);
        Bytes -= kept.Value.Result.Bytes;
    }

    /// <summary>Drops what has been here for long enough.</summary>
    public void ExpireLocked()
    {
        while (_results.First is { } oldest && time.GetElapsedTime(oldest.Value.Since) >= KeptFor) oldest.Value.Result.DropLocked();
    }
}
