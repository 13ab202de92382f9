using System.Text.Json;
using Fresnel.Engine.Transactions;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>How much a tree may have used at most: the transaction's limits, or less where a caller lowered them for a nested call.</summary>
/// <remarks>A limit is looked at after the syscall that crosses it. Source: <c>spec/function-runtime.md</c> §3.5 (<c>transactionLimits</c>).</remarks>
internal sealed record UsageCeilings
{
    private const string ReadLess =
        "Consider using smaller limits in your queries, paginating your queries, or using indexed queries with a selective index range expressions.";

    public required double BytesRead { get; init; }

    public required double BytesWritten { get; init; }

    public required double DatabaseQueries { get; init; }

    public required double DocumentsRead { get; init; }

    public required double DocumentsWritten { get; init; }

    public required double FunctionsScheduled { get; init; }

    public required double ScheduledFunctionArgsBytes { get; init; }

    /// <summary>What a tree may use when nobody lowered anything.</summary>
    public static UsageCeilings Of(DeploymentOptions options) => new()
    {
        BytesRead = options.DataLimits.Transactions.BytesRead,
        BytesWritten = options.DataLimits.Transactions.BytesWritten,
        DatabaseQueries = options.DataLimits.Transactions.DatabaseQueries,
        DocumentsRead = options.DataLimits.Transactions.DocumentsRead,
        DocumentsWritten = options.DataLimits.Transactions.DocumentsWritten,
        FunctionsScheduled = options.Limits.ScheduledFunctions,
        ScheduledFunctionArgsBytes = options.Limits.ScheduledArgumentBytes,
    };

    /// <summary>These ceilings, lowered by a budget that counts from what is used already.</summary>
    public UsageCeilings Lower(JsonElement budget, TransactionUsage usage, ScheduledUsage scheduled) => new()
    {
        BytesRead = Math.Min(BytesRead, Budget(budget, "bytesRead", usage.BytesRead)),
        BytesWritten = Math.Min(BytesWritten, Budget(budget, "bytesWritten", usage.BytesWritten)),
        DatabaseQueries = Math.Min(DatabaseQueries, Budget(budget, "databaseQueries", usage.DatabaseQueries)),
        DocumentsRead = Math.Min(DocumentsRead, Budget(budget, "documentsRead", usage.DocumentsRead)),
        DocumentsWritten = Math.Min(DocumentsWritten, Budget(budget, "documentsWritten", usage.DocumentsWritten)),
        FunctionsScheduled = Math.Min(FunctionsScheduled, Budget(budget, "functionsScheduled", scheduled.Functions)),
        ScheduledFunctionArgsBytes = Math.Min(ScheduledFunctionArgsBytes, Budget(budget, "scheduledFunctionArgsBytes", scheduled.ArgumentBytes)),
    };

    /// <summary>Refuses when more was used.</summary>
    /// <exception cref="DeveloperException">The text names the limit that the caller set.</exception>
    public void Check(TransactionUsage usage, ScheduledUsage scheduled)
    {
        Check(usage.DocumentsRead, DocumentsRead, "TooManyDocumentsRead", limit => $"Too many documents read in a single function execution (limit: {limit}). {ReadLess}");
        Check(usage.BytesRead, BytesRead, "TooManyBytesRead", limit => $"Too many bytes read in a single function execution (limit: {limit} bytes). {ReadLess}");
        Check(usage.DatabaseQueries, DatabaseQueries, "TooManyReads", limit => $"Too many reads in a single function execution (limit: {limit}). {ReadLess}");
        Check(usage.DocumentsWritten, DocumentsWritten, "TooManyWrites", limit => $"Too many writes in a single function execution (limit: {limit})");
        Check(usage.BytesWritten, BytesWritten, "TooManyBytesWritten", limit => $"Too many bytes written in a single function execution (limit: {ByteSize.Print(limit)})");
        if (scheduled.Functions > FunctionsScheduled) throw SyscallErrors.TooManyScheduled((int)FunctionsScheduled);
        if (scheduled.ArgumentBytes > ScheduledFunctionArgsBytes) throw SyscallErrors.ScheduledArgumentsTooLarge((long)ScheduledFunctionArgsBytes);
    }

    private static void Check(long used, double ceiling, string code, Func<long, string> text)
    {
        if (used > ceiling) throw new DeveloperException(code, text((long)ceiling));
    }

    private static double Budget(JsonElement budget, string name, long used) =>
        budget.ValueKind == JsonValueKind.Object && budget.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
            ? used + Math.Max(0, value.GetDouble())
            : double.PositiveInfinity;
}

/// <summary>What a tree scheduled so far. It stays used when a nested call that scheduled is rolled back.</summary>
internal sealed class ScheduledUsage
{
    /// <summary>How many functions.</summary>
    public int Functions { get; set; }

    /// <summary>Bytes of their arguments, as values count them.</summary>
    public long ArgumentBytes { get; set; }
}
