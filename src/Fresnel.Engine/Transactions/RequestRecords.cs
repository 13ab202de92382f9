using Fresnel.Engine.Tables;
using Fresnel.Values;

namespace Fresnel.Engine.Transactions;

/// <summary>What became of the mutations of sessions, so that a request which is sent again is not run again.</summary>
/// <remarks>
/// A record is written in the transaction of its mutation: it is there exactly when the mutation's writes are. Documents of <c>_requests</c>:
/// <c>{session, request, result, logLines}</c>. The newest <see cref="KeptPerSession"/> of a session are kept, for <see cref="KeptFor"/>.
/// Source: <c>design.md</c> §4, <c>spec/client-protocol.md</c>.
/// </remarks>
public static class RequestRecords
{
    /// <summary>How many records of one session are kept.</summary>
    public const int KeptPerSession = 1_000;

    /// <summary>How long a record is kept.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(14);

    /// <summary>Old records that one mutation takes away in passing.</summary>
    private const int PrunedInPassing = 4;

    /// <summary>The record of a request, or null. Depends on it: of two transactions that run the same request, one loses.</summary>
    public static async ValueTask<RequestRecord?> FindAsync(Transaction transaction, string session, long request, CancellationToken cancellationToken)
    {
        var (table, index) = Open(transaction);
        var key = IndexKey.Encode(session, Value.Int64(request));
        return await transaction.Read(table, index, KeyInterval.Prefix(key)).NextAsync(cancellationToken) is { } document ? Read(document) : null;
    }

    /// <summary>Records what a request gave, to be committed with its writes.</summary>
    /// <param name="transaction">The mutation's.</param>
    /// <param name="session">The session's id.</param>
    /// <param name="request">The request's number in the session; it grows.</param>
    /// <param name="result">The result as canonical JSON.</param>
    /// <param name="logLines">What it logged.</param>
    /// <param name="cancellationToken">Ends the wait for a page.</param>
    public static async ValueTask InsertAsync(
        Transaction transaction, string session, long request, string result, IReadOnlyList<string> logLines, CancellationToken cancellationToken)
    {
        var (table, index) = Open(transaction);
        await transaction.InsertAsync(
            table,
            ValueObject.Create(
                ("session", session), ("request", Value.Int64(request)), ("result", result),
                ("logLines", Value.Array([.. logLines.Select(Value.String)]))),
            cancellationToken);

        // Numbers grow, so whatever lies this far back is not among the newest. Usually there is one to take away, or none.
        var old = KeyInterval.Range(IndexKey.Encode(session), null, new(Value.Int64(request - KeptPerSession), Inclusive: true));
        var stream = transaction.Read(table, index, old);
        for (var i = 0; i < PrunedInPassing && await stream.NextAsync(cancellationToken) is { } document; i++) await transaction.DeleteAsync(table, document.Id, cancellationToken);
    }

    /// <summary>Takes away records that were kept long enough, a bounded number; returns whether there may be more.</summary>
    internal static async ValueTask<bool> PruneAsync(Transaction transaction, DateTimeOffset now, int most, CancellationToken cancellationToken)
    {
        var (table, _) = Open(transaction);
        var before = Value.Float64(Timestamp.FromClock(now - KeptFor).ToMilliseconds());
        var stream = transaction.Read(table, table.ByCreationTime!, KeyInterval.Range(default, null, new(before, Inclusive: false)));
        var pruned = 0;
        for (; pruned < most && await stream.NextAsync(cancellationToken) is { } document; pruned++) await transaction.DeleteAsync(table, document.Id, cancellationToken);
        return pruned == most;
    }

    private static (Table Table, Tables.Index Index) Open(Transaction transaction)
    {
        var table = transaction.FindTable("", EngineTables.Requests.Name) ?? throw new InvalidOperationException("The table of requests is not there.");
        return (table, table.FindIndex("by_session_request")!);
    }

    private static RequestRecord Read(Document document)
    {
        var logLines = new List<string>();
        foreach (var line in document.Fields["logLines"].AsArray()) logLines.Add(line.AsString());
        return new(document.Fields["result"].AsString(), logLines, document.Timestamp);
    }
}

/// <summary>What a request gave.</summary>
/// <param name="Result">The result as canonical JSON.</param>
/// <param name="LogLines">What it logged.</param>
/// <param name="Timestamp">Its commit; <see cref="Timestamp.Zero"/> in the transaction that writes it.</param>
public sealed record RequestRecord(string Result, IReadOnlyList<string> LogLines, Timestamp Timestamp);
