using System.Text.Json;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <content>Who asks, and what the function may know of itself. Source: <c>spec/function-runtime.md</c> §3.7.</content>
internal sealed partial class TransactionScope
{
    /// <summary>The attributes of the user it runs for, or null. The result then depends on who asks.</summary>
    public ValueObject? UserIdentity()
    {
        _tree.ObservedIdentity = true;
        return Component.Length == 0 ? _tree.Call.Identity.ReadAttributes() : null;
    }

    /// <summary>Signs a token that the deployment issues. It tells the time, the function's own.</summary>
    /// <exception cref="DeveloperException">Only mutations may.</exception>
    public string SignToken(TokenRequest request)
    {
        RequireMutation(TokenRequest.Method);
        TellSnapshot();
        var issuer = _code.Environment["CONVEX_CLOUD_URL"];
        return _tree.Parts.Tokens.Sign(request, Component.Length == 0 ? issuer : $"{issuer}/components/{Component}", (long)(_tree.StartMilliseconds / 1000));
    }

    /// <summary>The function is told the time or its snapshot: from here on the snapshot stays. If it has moved already, what was told is not true of it.</summary>
    private Timestamp TellSnapshot()
    {
        if (Transaction.Snapshot.Timestamp != _tree.Begun) throw new InvocationAbandonedException(AbandonReason.SnapshotTooOld, "The time was told after the snapshot had moved on.");
        Transaction.IsSnapshotTold = true;
        return _tree.Begun;
    }

    private ValueTask<bool> AuditAsync(JsonElement given, CancellationToken cancellationToken) => InTurnAsync(
        (_, _) =>
        {
            _tree.Audits.Add(given);
            return ValueTask.FromResult(true);
        },
        cancellationToken);

    private ReadOnlyMemory<byte> TransactionMetrics()
    {
        var usage = Transaction.Usage;
        var scheduled = _tree.Scheduled;
        var ceilings = _ceilings ?? _tree.Parts.Ceilings;
        return FunctionMetadata.Write(metrics =>
        {
            Metric("bytesRead", usage.BytesRead, ceilings.BytesRead);
            Metric("bytesWritten", usage.BytesWritten, ceilings.BytesWritten);
            Metric("databaseQueries", usage.DatabaseQueries, ceilings.DatabaseQueries);
            Metric("documentsRead", usage.DocumentsRead, ceilings.DocumentsRead);
            Metric("documentsWritten", usage.DocumentsWritten, ceilings.DocumentsWritten);
            Metric("functionsScheduled", scheduled.Functions, ceilings.FunctionsScheduled);
            Metric("scheduledFunctionArgsBytes", scheduled.ArgumentBytes, ceilings.ScheduledFunctionArgsBytes);

            // Files are not built yet, so nothing is used of these.
            Metric("filesWritten", 0, 1_000);
            Metric("fileWriteBytes", 0, 16 << 20);
            Metric("filesRead", 0, 1_000);
            Metric("fileReadBytes", 0, 16 << 20);

            void Metric(string name, double used, double ceiling)
            {
                metrics.WriteStartObject(name);
                metrics.WriteNumber("used", used);
                metrics.WriteNumber("remaining", Math.Max(0, ceiling - used));
                metrics.WriteEndObject();
            }
        });
    }
}
