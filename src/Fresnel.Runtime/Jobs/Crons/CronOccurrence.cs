using Fresnel.Engine;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Runtime.Logs;
using Fresnel.Values;
using Microsoft.Extensions.Logging;

namespace Fresnel.Runtime.Jobs.Crons;

/// <summary>A job that schedules its successor: one occurrence of a cron. Its end and the time of the next one are the same write.</summary>
/// <remarks>
/// Exactly once per occurrence, for a mutation: its transaction reads which occurrence is next, and moves on. At most one run at a time: an action that is under way
/// has its token in the document, and only who has the token ends it. What fell due in the meantime is passed over, and that is noted.
/// Source: <c>spec/function-runtime.md</c> §8.6.
/// </remarks>
internal sealed partial class CronOccurrence(InvokerParts parts, Document cron, Document nextRun) : JobRecord
{
    private readonly ILogger _log = parts.Options.Log.CreateLogger("Fresnel.Runtime.Jobs");
    private readonly string _token = TokenOf(nextRun) ?? Convert.ToHexStringLower(parts.RandomBytes(8));
    private readonly DateTimeOffset _due = CronDocuments.DueOf(nextRun);
    private readonly CronSpec _spec = CronDocuments.SpecOf(cron);
    private long _skipped;

    /// <inheritdoc/>
    public override DocumentId Id => nextRun.Id;

    /// <inheritdoc/>
    public override string Function => _spec.Function;

    /// <inheritdoc/>
    public override string Display => $"Cron \"{Name}\" ({Function})";

    private string Name => cron.Fields["name"].AsString();

    private string Component => cron.Fields["component"].AsString();

    /// <inheritdoc/>
    public override FunctionCall Call(FunctionPath path, string requestId) => new()
    {
        Component = Component,
        Path = path,
        Arguments = _spec.Arguments,
        Identity = Identity.Anonymous,
        Caller = FunctionCaller.Cron,
        RequestId = requestId,
    };

    /// <inheritdoc/>
    public override async ValueTask<bool> TakeAsync(Transaction transaction, CancellationToken cancellationToken)
    {
        var (table, found) = await FindAsync(transaction, cancellationToken);

        // A push may have given it another time, or other work, since it was found to be due.
        if (found is null || CronDocuments.StateOf(found) != CronDocuments.Pending || CronDocuments.DueOf(found) != _due) return false;
        if (await CronAsync(transaction, cancellationToken) is not { } current || current.Fields["cronSpec"] != cron.Fields["cronSpec"]) return false;
        await transaction.PatchAsync(table, found.Id, Patch(("state", CronDocuments.State(CronDocuments.InProgress, _token))), cancellationToken);
        return true;
    }

    /// <inheritdoc/>
    public override async ValueTask EndAsync(Transaction transaction, JobEnd end, CancellationToken cancellationToken)
    {
        _skipped = 0;
        var (table, found) = await FindAsync(transaction, cancellationToken);
        if (found is null || TokenOf(found) != _token || await CronAsync(transaction, cancellationToken) is not { } current) return;
        await CronLog.AddRunAsync(transaction, Component, Name, _spec, _due, end, cancellationToken);

        // A push that changed the cron while it ran has said when it is due next.
        var next = CronDocuments.DueOf(found);
        if (next == _due)
        {
            var schedule = CronDocuments.ScheduleOf(current);
            (next, _skipped) = schedule.Next(_due, parts.Time.GetUtcNow());
            if (_skipped > 0) await CronLog.AddSkippedAsync(transaction, Component, Name, _spec, schedule.Next(_due, _due).Due, _skipped, cancellationToken);
        }

        await transaction.PatchAsync(
            table,
            found.Id,
            Patch(("state", CronDocuments.State(CronDocuments.Pending)), ("prevTs", CronDocuments.Time(_due)), ("nextTs", CronDocuments.Time(next))),
            cancellationToken);
    }

    /// <inheritdoc/>
    public override void Ended(FunctionKind kind)
    {
        if (_skipped == 0) return;
        LogSkipped(_log, _skipped, Name);
        var text = $"{_skipped} {(_skipped == 1 ? "occurrence" : "occurrences")} of the cron \"{Name}\" fell due before the one of {_due:u} had ended, and {(_skipped == 1 ? "is" : "are")} skipped.";
        parts.FunctionLog.Add(new FunctionLogEntry
        {
            Kind = FunctionLogEntryKind.Progress,
            FunctionKind = kind,
            Component = Component,
            Identifier = FunctionPath.TryParse(Function, out var path, out _) ? path.ToString() : Function,
            LogLines = [new LogLine("WARN", [text], IsTruncated: false, parts.NowMilliseconds) { SystemCode = "cronSkipped" }],
            RequestId = Convert.ToHexStringLower(parts.RandomBytes(8)),
            ExecutionId = parts.NewInvocationId(),
            Caller = FunctionCaller.Cron,
        });
    }

    private static string? TokenOf(Document nextRun) => nextRun.Fields["state"].AsObject()["token"] is { Kind: ValueKind.String } token ? token.AsString() : null;

    private static ValuePatch Patch(params (string Name, Value Value)[] fields) => new([.. fields.Select(field => KeyValuePair.Create(field.Name, field.Value))]);

    private async ValueTask<(Engine.Tables.Table Table, Document? Found)> FindAsync(Transaction transaction, CancellationToken cancellationToken)
    {
        var table = transaction.Find(SystemTables.CronNextRun);
        return (table, await transaction.GetAsync(table, nextRun.Id.InternalId, cancellationToken));
    }

    private ValueTask<Document?> CronAsync(Transaction transaction, CancellationToken cancellationToken) =>
        transaction.GetAsync(transaction.Find(SystemTables.CronJobs), cron.Id.InternalId, cancellationToken);

    [LoggerMessage(1, LogLevel.Warning, "{Count} occurrences of the cron \"{Cron}\" fell due while one was running or nothing ran; they are skipped.")]
    private static partial void LogSkipped(ILogger log, long count, string cron);
}
