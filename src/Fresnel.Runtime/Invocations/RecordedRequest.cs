using System.Text;
using Fresnel.Engine.Transactions;

namespace Fresnel.Runtime.Invocations;

/// <summary>Makes a session's mutation take effect once, however often it is sent: its outcome is noted in the transaction that has the effect.</summary>
/// <remarks>Failures are not noted: a resend runs again. Source: <c>spec/client-protocol.md</c> §2.8 (M6).</remarks>
internal sealed class RecordedRequest(FunctionCall call, RequestKey key) : IMutationRider
{
    /// <inheritdoc/>
    public async ValueTask<FunctionOutcome?> BeginAsync(Transaction transaction, CancellationToken cancellationToken)
    {
        var record = await RequestRecords.FindAsync(transaction, key.SessionId, key.RequestId, cancellationToken);
        return record is null ? null : new FunctionOutcome
        {
            Value = CommitTimestamps.Resolve(Encoding.UTF8.GetBytes(record.Result), record.Timestamp),
            LogLines = [.. record.LogLines.Select(LogLineJson.Parse)],
            RequestId = call.RequestId,
            Timestamp = record.Timestamp,
        };
    }

    /// <inheritdoc/>
    public ValueTask SucceedAsync(Transaction transaction, ReadOnlyMemory<byte> value, IReadOnlyList<LogLine> logLines, CancellationToken cancellationToken) => RequestRecords.InsertAsync(
        transaction, key.SessionId, key.RequestId, Encoding.UTF8.GetString(value.Span), [.. logLines.Select(LogLineJson.Write)], cancellationToken);

    /// <inheritdoc/>
    public ValueTask FailAsync(Transaction transaction, FunctionError error, IReadOnlyList<LogLine> logLines, CancellationToken cancellationToken) => default;
}
