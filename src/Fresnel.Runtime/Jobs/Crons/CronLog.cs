using System.Text;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Jobs.Crons;

/// <summary>How the last runs of each cron went: documents of <c>_cron_job_logs</c>, written in the transaction that ends a run.</summary>
internal static class CronLog
{
    /// <summary>Kept per cron; older ones go as new ones come.</summary>
    private const int Kept = 5;

    /// <summary>Characters of a result and of all lines that are kept; what is beyond is cut, and marked as cut.</summary>
    private const int MostCharacters = 16_384;

    /// <summary>Notes how a run ended.</summary>
    public static ValueTask AddRunAsync(Transaction transaction, string component, string cron, CronSpec spec, DateTimeOffset due, JobEnd end, CancellationToken cancellationToken)
    {
        var status = end.Error is { } error
            ? ValueObject.Create(("type", "err"), ("error", Cut(error)))
            : ValueObject.Create(("type", "success"), ("result", ResultOf(end)));
        return AddAsync(transaction, component, cron, spec, due, status, LinesOf(end.LogLines), end.Elapsed, cancellationToken);
    }

    /// <summary>Notes that occurrences were passed over.</summary>
    public static ValueTask AddSkippedAsync(Transaction transaction, string component, string cron, CronSpec spec, DateTimeOffset first, long count, CancellationToken cancellationToken) => AddAsync(
        transaction, component, cron, spec, first, ValueObject.Create(("type", "canceled"), ("num_canceled", Value.Int64(count))), LinesOf([]), TimeSpan.Zero, cancellationToken);

    /// <summary>Deletes what is known of a cron.</summary>
    public static ValueTask ClearAsync(Transaction transaction, string component, string cron, CancellationToken cancellationToken) =>
        TrimAsync(transaction, component, cron, kept: 0, cancellationToken);

    private static async ValueTask AddAsync(
        Transaction transaction, string component, string cron, CronSpec spec, DateTimeOffset due, ValueObject status, ValueObject lines, TimeSpan elapsed, CancellationToken cancellationToken)
    {
        await transaction.InsertAsync(
            transaction.Find(SystemTables.CronJobLogs),
            ValueObject.Create(
                ("component", component),
                ("name", cron),
                ("ts", CronDocuments.Time(due)),
                ("udfPath", spec.Function),
                ("udfArgs", Value.Bytes(spec.Arguments)),
                ("status", status),
                ("logLines", lines),
                ("executionTime", Value.Float64(elapsed.TotalSeconds))),
            cancellationToken);
        await TrimAsync(transaction, component, cron, Kept, cancellationToken);
    }

    private static async ValueTask TrimAsync(Transaction transaction, string component, string cron, int kept, CancellationToken cancellationToken)
    {
        var table = transaction.Find(SystemTables.CronJobLogs);
        var all = await transaction.ListAsync(SystemTables.CronJobLogs, "by_component_name_time", [component, cron], cancellationToken);
        foreach (var old in all.SkipLast(kept)) await transaction.DeleteAsync(table, old.Id, cancellationToken);
    }

    private static ValueObject ResultOf(JobEnd end) => end.Value.Length <= MostCharacters
        ? ValueObject.Create(("type", "default"), ("value", ValueJson.Parse(end.Value.Span, ValueJsonOptions.AllowCommitTimestamp)))
        : ValueObject.Create(("type", "truncated"), ("truncated_log", Cut(Encoding.UTF8.GetString(end.Value.Span[..Math.Min(end.Value.Length, 4 * MostCharacters)]))));

    private static ValueObject LinesOf(IReadOnlyList<LogLine> lines)
    {
        var kept = new List<Value>();
        var left = MostCharacters;
        foreach (var line in lines)
        {
            if (left == 0) break;
            var text = Cut(line.Pretty, left);
            kept.Add(text);
            left -= text.Length;
        }

        return ValueObject.Create(("logLines", Value.Array([.. kept])), ("isTruncated", left == 0));
    }

    private static string Cut(string text, int most = MostCharacters) => text.Length <= most ? text : text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)];
}
