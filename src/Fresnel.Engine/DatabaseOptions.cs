using System.Security.Cryptography;
using Fresnel.Engine.Tables;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fresnel.Engine;

/// <summary>How a <see cref="Database"/> is run.</summary>
public sealed record DatabaseOptions
{
    /// <summary>The system tables of those above the engine; the engine adds its own. Numbers must be unique.</summary>
    public IReadOnlyList<SystemTable> SystemTables { get; init; } = [];

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where randomness of ids comes from.</summary>
    public IEntropy Entropy { get; init; } = SystemEntropy.Instance;

    /// <summary>Where the engine's loops run; a test gives one that it can drive.</summary>
    public TaskScheduler Scheduler { get; init; } = TaskScheduler.Default;

    /// <summary>Where the log goes.</summary>
    public ILoggerFactory Log { get; init; } = NullLoggerFactory.Instance;

    /// <summary>Limits of documents, schemas and transactions.</summary>
    public DataLimits Limits { get; init; } = new();

    /// <summary>Log behind the last checkpoint that starts the next one. Bytes; default 64 MiB.</summary>
    public long CheckpointAfterLogBytes { get; init; } = 64 << 20;

    /// <summary>Memory for the nodes of indexes and for documents. Bytes; default 1 GiB. A quarter of it may be in memory only before a checkpoint starts; at half of it commits wait.</summary>
    public long MemoryBudget { get; init; } = 1 << 30;

    /// <summary>How long the log is kept behind a checkpoint. Default 10 minutes; less when it is longer than <see cref="LogKeptBytes"/>.</summary>
    public TimeSpan LogKeptFor { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How much of the log is kept behind a checkpoint. Bytes; default 64 MiB.</summary>
    public long LogKeptBytes { get; init; } = 64 << 20;

    /// <summary>How long pages that a checkpoint replaced are kept for snapshots that nobody reads just now. Default 60 s. A snapshot that is being read keeps them anyway.</summary>
    public TimeSpan ReplacedPagesKeptFor { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Transactions that may wait for the committer; more wait at the door. Default 4,096.</summary>
    public int CommitQueueLength { get; init; } = 4_096;

    /// <summary>How long recent writes are kept for conflicts and watches. Default 30 s.</summary>
    public TimeSpan RecentWrites { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>A source of unpredictable bytes that a test can replace.</summary>
public interface IEntropy
{
    /// <summary>Fills the bytes.</summary>
    void Fill(Span<byte> bytes);
}

/// <summary>The operating system's randomness, drawn in larger pieces: every function takes some tens of bytes.</summary>
public sealed class SystemEntropy : IEntropy
{
    [ThreadStatic]
    private static byte[]? _drawn;

    [ThreadStatic]
    private static int _left;

    /// <summary>The only one.</summary>
    public static SystemEntropy Instance { get; } = new();

    /// <inheritdoc/>
    public void Fill(Span<byte> bytes)
    {
        var drawn = _drawn ??= new byte[1_024];
        if (bytes.Length > drawn.Length)
        {
            RandomNumberGenerator.Fill(bytes);
            return;
        }

        if (bytes.Length > _left)
        {
            RandomNumberGenerator.Fill(drawn);
            _left = drawn.Length;
        }

        // Each byte is given once, and not kept.
        var given = drawn.AsSpan(_left -= bytes.Length, bytes.Length);
        given.CopyTo(bytes);
        given.Clear();
    }
}
