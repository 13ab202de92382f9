namespace Fresnel.Engine.Transactions;

/// <summary>How much one transaction may read and write. Source: <c>spec/data-model.md</c> §5.5.</summary>
public sealed record TransactionLimits
{
    /// <summary>Documents read, those that a filter drops included. Default 32,000. Beyond it: <c>TooManyDocumentsRead</c>.</summary>
    public int DocumentsRead { get; init; } = 32_000;

    /// <summary>Bytes of documents read, as stored. Default 16 MiB. Beyond it: <c>TooManyBytesRead</c>.</summary>
    public long BytesRead { get; init; } = 16 << 20;

    /// <summary>Gets and index ranges; those that touch count once. Default 4,096. Beyond it: <c>TooManyReads</c>.</summary>
    public int DatabaseQueries { get; init; } = 4_096;

    /// <summary>Documents written; one written twice counts twice. Default 16,000. Beyond it: <c>TooManyWrites</c>.</summary>
    public int DocumentsWritten { get; init; } = 16_000;

    /// <summary>Bytes of documents written, by the size of their values; what is deleted has none. Default 16 MiB. Beyond it: <c>TooManyBytesWritten</c>.</summary>
    public long BytesWritten { get; init; } = 16 << 20;

    /// <summary>No limits: for the system's own work.</summary>
    public static TransactionLimits None { get; } = new()
    {
        DocumentsRead = int.MaxValue,
        BytesRead = long.MaxValue,
        DatabaseQueries = int.MaxValue,
        DocumentsWritten = int.MaxValue,
        BytesWritten = long.MaxValue,
    };
}

/// <summary>What a transaction used so far. Reads and writes of system tables are not counted.</summary>
public record struct TransactionUsage(int DocumentsRead, long BytesRead, int DatabaseQueries, int DocumentsWritten, long BytesWritten);
