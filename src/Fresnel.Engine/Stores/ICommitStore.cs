namespace Fresnel.Engine.Stores;

/// <summary>Where the commit log and the pages of checkpoints are kept. A store knows bytes and numbers, not documents or indexes.</summary>
/// <remarks>
/// One engine owns a store. Calls to <see cref="AppendAsync"/> come one at a time; page calls may run beside them.
/// A store fails with <see cref="StoreException"/>, which says whether the bytes are certainly not written.
/// </remarks>
public interface ICommitStore : IAsyncDisposable
{
    /// <summary>Opens the store and reads its head.</summary>
    /// <exception cref="StoreException">It cannot be opened: not writable, in use by another process, of another format.</exception>
    ValueTask<StoreHead> OpenAsync(CancellationToken cancellationToken);

    /// <summary>Appends a group to the log; durable on return. Conditional: <paramref name="position"/> must be the log's end.</summary>
    /// <remarks>The memory of the group is the caller's: on return the store has copied what it needs.</remarks>
    ValueTask AppendAsync(long position, ReadOnlyMemory<byte> group, CancellationToken cancellationToken);

    /// <summary>Reads the groups from a position to the end of the log, oldest first.</summary>
    IAsyncEnumerable<LogRow> ReadLogAsync(long from, CancellationToken cancellationToken);

    /// <summary>Reads pages by number, in the order asked. One that is not there comes as no bytes.</summary>
    ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> ReadPagesAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken);

    /// <summary>Writes some of a checkpoint's pages. They are not reachable until <see cref="FlipAsync"/>; durable only then.</summary>
    ValueTask WritePagesAsync(IReadOnlyList<Page> slice, CancellationToken cancellationToken);

    /// <summary>Makes a checkpoint the current one and drops the log before <paramref name="logFrom"/>. Atomic and durable on return.</summary>
    /// <param name="checkpoint">The bytes that <see cref="StoreHead.Checkpoint"/> will hold.</param>
    /// <param name="logFrom">The position of the first group that is kept.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    ValueTask FlipAsync(ReadOnlyMemory<byte> checkpoint, long logFrom, CancellationToken cancellationToken);

    /// <summary>Deletes pages. Those that are not there are deleted already. Durable with the next write that is.</summary>
    ValueTask DeletePagesAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken);

    /// <summary>Deletes the pages from this number on: what a checkpoint that was never flipped to left behind.</summary>
    ValueTask SweepPagesAsync(long from, CancellationToken cancellationToken);
}

/// <summary>What a store knows when it is opened.</summary>
/// <param name="Checkpoint">The bytes of the last flip; empty when there was none.</param>
/// <param name="LogStart">The position of the first group that is kept.</param>
/// <param name="LogEnd">The position that the next group gets.</param>
public sealed record StoreHead(ReadOnlyMemory<byte> Checkpoint, long LogStart, long LogEnd);

/// <summary>One group in the log.</summary>
public readonly record struct LogRow(long Position, ReadOnlyMemory<byte> Group);

/// <summary>One immutable page.</summary>
public readonly record struct Page(long Number, ReadOnlyMemory<byte> Bytes);

/// <summary>What became of the bytes when a store failed.</summary>
public enum StoreFailure
{
    /// <summary>Certainly nothing was written (the disk is full, for one). The store goes on.</summary>
    Refused,

    /// <summary>The connection was lost: the group may be in. Reopening tells.</summary>
    Unknown,

    /// <summary>A sync failed: what is durable is not known and cannot be found out in this process.</summary>
    SyncFailed,

    /// <summary>It cannot be opened or used as it is: not writable, in use, of another format. The message tells a person what to do.</summary>
    Unusable,

    /// <summary>What is read is not what was written. Nothing of it is served; the message names the place.</summary>
    Damaged,
}

/// <summary>A store failed.</summary>
public sealed class StoreException(StoreFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What became of the bytes.</summary>
    public StoreFailure Failure => failure;
}
