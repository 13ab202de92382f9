using Fresnel.Engine.Log;
using Fresnel.Engine.Snapshots;

namespace Fresnel.Engine.Commits;

/// <summary>Commits that become durable together, while they are being put in order.</summary>
internal sealed class CommitGroup
{
    /// <summary>A larger buffer is not used again. Bytes.</summary>
    private const int MostKept = 1 << 20;

    public CommitGroup() : this(new())
    {
    }

    private CommitGroup(ByteWriter log)
    {
        Log = log;
        LogFormat.Begin(log);
    }

    public ByteWriter Log { get; }

    public List<Commit> Commits { get; } = [];

    /// <summary>The roots behind its last commit; set when the batch is sealed.</summary>
    public Snapshot? Snapshot { get; set; }

    public int Bytes => Log.Length;

    /// <summary>The next group, in the memory of this one's log: the store has written that and let go of it.</summary>
    public CommitGroup Next()
    {
        if (Log.Capacity > MostKept) return new();
        Log.Clear();
        return new(Log);
    }
}

/// <summary>A group that became durable.</summary>
/// <param name="Snapshot">The roots behind it.</param>
/// <param name="Commits">Its commits, in order.</param>
/// <param name="LogEnd">The position behind it.</param>
/// <param name="LogBytes">Its bytes in the log.</param>
internal sealed record PublishedGroup(Snapshot Snapshot, IReadOnlyList<Commit> Commits, long LogEnd, long LogBytes);

/// <summary>Where a committer begins.</summary>
/// <param name="Pending">The roots, ready to be edited.</param>
/// <param name="Snapshot">The same, sealed.</param>
/// <param name="LogEnd">The position that the next group gets.</param>
internal sealed record StartState(PendingState Pending, Snapshot Snapshot, long LogEnd);
