using Fresnel.Values;

namespace Fresnel.Engine.Transactions;

/// <summary>What a transaction refuses, in the words of <c>spec/data-model.md</c> §1.6, 1.7 and 5.5.</summary>
internal static class TransactionErrors
{
    private const string ReadLess =
        "Consider using smaller limits in your queries, paginating your queries, or using indexed queries with a selective index range expressions.";

    public static DeveloperException TooManyTables(int limit) => new("TooManyTables", $"Number of tables cannot exceed {limit}.");

    public static DeveloperException Nonexistent(string operation, DocumentId id) => new("NonexistentDocument", $"{operation} on nonexistent document ID {id}");

    public static DeveloperException InvalidId(DocumentId id, Value given) => new("InvalidIdError", $"Provided document ID {id} doesn't match '_id' field {given}");

    public static DeveloperException InvalidCreationTime(double time, ValueObject document, Value given) =>
        new("InvalidCreationTimeError", $"Provided creation time {Value.Float64(time)} doesn't match '_creationTime' field in {document.With("_creationTime", given)}");

    public static DeveloperException TooManyDocumentsRead(TransactionLimits limits) =>
        new("TooManyDocumentsRead", $"Too many documents read in a single function execution (limit: {limits.DocumentsRead}). {ReadLess}");

    public static DeveloperException TooManyBytesRead(TransactionLimits limits) =>
        new("TooManyBytesRead", $"Too many bytes read in a single function execution (limit: {limits.BytesRead} bytes). {ReadLess}");

    public static DeveloperException TooManyReads(TransactionLimits limits) =>
        new("TooManyReads", $"Too many reads in a single function execution (limit: {limits.DatabaseQueries}). {ReadLess}");

    public static DeveloperException TooManyWrites(TransactionLimits limits) =>
        new("TooManyWrites", $"Too many writes in a single function execution (limit: {limits.DocumentsWritten})");

    public static DeveloperException TooManyBytesWritten(TransactionLimits limits) =>
        new("TooManyBytesWritten", $"Too many bytes written in a single function execution (limit: {ByteSize.Print(limits.BytesWritten)})");
}
