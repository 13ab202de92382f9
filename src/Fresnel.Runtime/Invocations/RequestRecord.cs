using System.Text;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>Makes a session's mutation take effect once, however often it is sent: its outcome is noted in the transaction that has the effect.</summary>
/// <remarks>
/// Looking for the record makes the transaction depend on its absence, so of two copies that race only one commits; the other runs again and finds it.
/// Failures are not noted: a resend runs again. Source: <c>spec/client-protocol.md</c> §2.8 (M6).
/// </remarks>
internal sealed class RequestRecord(FunctionCall call, RequestKey key) : IMutationRider
{
    /// <summary>Records that are kept of a session. A client has at most that many mutations under way.</summary>
    public const int KeptPerSession = 1_000;

    /// <summary>How long a record is kept, in milliseconds: 14 days.</summary>
    public const double KeptMilliseconds = 14 * 24 * 60 * 60 * 1000.0;

    /// <summary>Old records are deleted by as many at a time, so that most mutations need not look for them.</summary>
    private const int Stride = 64;

    /// <inheritdoc/>
    public async ValueTask<FunctionOutcome?> BeginAsync(Transaction transaction, CancellationToken cancellationToken)
    {
        var found = await transaction.FindFirstAsync(SystemTables.RequestRecords, "by_session_request", [key.SessionId, Value.Float64(key.RequestId)], cancellationToken);
        return found is null ? null : new FunctionOutcome
        {
            Value = CommitTimestamps.Resolve(Encoding.UTF8.GetBytes(found.Fields["result"].AsString()), found.Timestamp),
            LogLines = LogLineJson.Parse(found.Fields["logLines"].AsString()),
            RequestId = call.RequestId,
            Timestamp = found.Timestamp,
        };
    }

    /// <inheritdoc/>
    public async ValueTask SucceedAsync(Transaction transaction, ReadOnlyMemory<byte> value, IReadOnlyList<LogLine> logLines, CancellationToken cancellationToken)
    {
        var record = ValueObject.Create(
            ("session", key.SessionId),
            ("request", Value.Float64(key.RequestId)),
            ("result", Encoding.UTF8.GetString(value.Span)),
            ("logLines", LogLineJson.Write(logLines)));
        await transaction.InsertAsync(transaction.Find(SystemTables.RequestRecords), record, cancellationToken);
        if (key.RequestId >= KeptPerSession && key.RequestId % Stride == 0) await DeleteOldAsync(transaction, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask FailAsync(Transaction transaction, FunctionError error, CancellationToken cancellationToken) => default;

    private async ValueTask DeleteOldAsync(Transaction transaction, CancellationToken cancellationToken)
    {
        var table = transaction.Find(SystemTables.RequestRecords);
        var old = new KeyInterval(IndexKey.Encode(key.SessionId), IndexKey.Encode(key.SessionId, Value.Float64(key.RequestId - (double)KeptPerSession)));
        var records = transaction.ReadIndex(table, "by_session_request", old);
        for (var i = 0; i < Stride && await records.NextAsync(cancellationToken) is { } record; i++) await transaction.DeleteAsync(table, record.Id, cancellationToken);
    }
}
