using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Values;

namespace Fresnel.Engine.Commits;

/// <summary>A transaction on its way: first it gets its place in the order (sealed), then it is durable and visible (published).</summary>
/// <remarks>Both tasks complete on other threads than the committer's, so that whatever waits for them cannot hold it up.</remarks>
public sealed class Commit
{
    private readonly TaskCompletionSource<CommitResult> _published = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource<CommitResult>? _sealed; // Made once somebody asks: most wait for the publication alone.
    private CommitResult _place;
    private bool _isPlaced; // Starts false; set by whoever is about to say the place.
    private bool _hasPlace; // Starts false; set once the place is there.
    private bool _isLost; // Starts false, is set once.

    internal Commit(Transaction transaction, PreparedCommit? writes)
    {
        Transaction = transaction;
        Prepared = writes;
    }

    /// <summary>Completes when the batch that holds it is sealed, or when it lost: a mutation of the same session may then begin.</summary>
    public Task<CommitResult> Sealed
    {
        get
        {
            if (Volatile.Read(ref _sealed) is not { } waiting)
            {
                var made = new TaskCompletionSource<CommitResult>(TaskCreationOptions.RunContinuationsAsynchronously);
                waiting = Interlocked.CompareExchange(ref _sealed, made, null) ?? made;
            }

            // Looked at after the source is there for all to see: either this finds the place, or whoever gives the place finds the source.
            if (Volatile.Read(ref _hasPlace)) waiting.TrySetResult(_place);
            return waiting.Task;
        }
    }

    /// <summary>Completes when it is durable and published, or when it lost. Only then may anything leave the process.</summary>
    public Task<CommitResult> Published => _published.Task;

    /// <summary>Whether it had its place in the order and lost it, because the store refused its group or commits have stopped.</summary>
    /// <remarks>True before anybody can begin from roots without it: who begins and finds this false either has it in the snapshot, or cannot commit.</remarks>
    public bool IsLost => Volatile.Read(ref _isLost) || Published is { IsCompletedSuccessfully: true, Result.Outcome: CommitOutcome.Refused or CommitOutcome.Unknown };

    /// <summary>What was submitted.</summary>
    internal Transaction Transaction { get; }

    /// <summary>Its writes; null when there are none.</summary>
    internal PreparedCommit? Prepared { get; }

    /// <summary>What was loaded for it; null when nothing was.</summary>
    internal List<(Node Node, NodeContent Content)>? Loaded { get; set; }

    /// <summary>Its place in the order, once it has one.</summary>
    internal Timestamp Timestamp { get; set; }

    /// <summary>It has its place; the rest is the store's affair.</summary>
    internal void Seal()
    {
        Transaction.Contender?.Dispose();
        TellPlace(new(CommitOutcome.Committed, Timestamp));
    }

    /// <summary>It is durable and visible.</summary>
    internal void Publish() => End(new(CommitOutcome.Committed, Timestamp));

    /// <summary>It lost its place; it hears of it in a moment.</summary>
    internal void Lose() => Volatile.Write(ref _isLost, true);

    /// <summary>Its way ends here.</summary>
    internal void End(CommitResult result)
    {
        Loaded = null;
        TellPlace(result);
        _published.TrySetResult(result);
        Transaction.Dispose();
    }

    private void TellPlace(CommitResult result)
    {
        if (Interlocked.Exchange(ref _isPlaced, true)) return;
        _place = result;
        // A fence between the two: nobody may ask in between and be heard by neither.
        Interlocked.Exchange(ref _hasPlace, true);
        Volatile.Read(ref _sealed)?.TrySetResult(result);
    }
}

/// <summary>What became of a commit.</summary>
/// <param name="Outcome">Which.</param>
/// <param name="Timestamp">Its place in the order; for one that wrote nothing, its begin timestamp.</param>
/// <param name="Conflict">What it lost on; null when it was too old to be tested.</param>
public readonly record struct CommitResult(CommitOutcome Outcome, Timestamp Timestamp, Conflict? Conflict = null);

/// <summary>What may become of a commit.</summary>
public enum CommitOutcome
{
    /// <summary>It is in.</summary>
    Committed,

    /// <summary>Another commit wrote what it had read; nothing was written. Run it again.</summary>
    Conflict,

    /// <summary>The store refused the group; nothing was written. It may be tried again later.</summary>
    Refused,

    /// <summary>The engine is shutting down, or commits have stopped; whether it is in is not known. The caller must not answer.</summary>
    Unknown,
}

/// <summary>What a transaction lost on.</summary>
/// <param name="Table">The name of the table.</param>
/// <param name="Document">The document that the winner wrote.</param>
public sealed record Conflict(string Table, DocumentId Document)
{
    /// <summary>The key that the winner wrote and the loser had read.</summary>
    internal WrittenKey Key { get; init; }

    /// <inheritdoc/>
    public bool Equals(Conflict? other) => other is not null && Table == other.Table && Document == other.Document;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Table, Document);
}

/// <summary>A key of an index.</summary>
internal readonly struct WrittenKey(IndexKeyId index, byte[] key) : IEquatable<WrittenKey>
{
    private readonly byte[] _key = key;

    /// <summary>One order that all keep: by index, then by key.</summary>
    public static IComparer<WrittenKey> Order { get; } = Comparer<WrittenKey>.Create(static (one, other) =>
        one.Index.Number.CompareTo(other.Index.Number) is var byIndex and not 0 ? byIndex : one._key.AsSpan().SequenceCompareTo(other._key));

    public IndexKeyId Index => index;

    public ReadOnlySpan<byte> Key => _key;

    public bool Equals(WrittenKey other) => Index == other.Index && _key.AsSpan().SequenceEqual(other._key);

    public override bool Equals(object? obj) => obj is WrittenKey other && Equals(other);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(Index);
        hash.AddBytes(_key);
        return hash.ToHashCode();
    }
}
