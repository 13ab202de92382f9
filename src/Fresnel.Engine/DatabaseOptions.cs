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

    /// <summary>Log behind the last checkpoint that starts the next one. Bytes; default 64 MiB.</summary>
    public long CheckpointAfterLogBytes { get; init; } = 64 << 20;

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

/// <summary>The operating system's randomness.</summary>
public sealed class SystemEntropy : IEntropy
{
    /// <summary>The only one.</summary>
    public static SystemEntropy Instance { get; } = new();

    /// <inheritdoc/>
    public void Fill(Span<byte> bytes) => System.Security.Cryptography.RandomNumberGenerator.Fill(bytes);
}
