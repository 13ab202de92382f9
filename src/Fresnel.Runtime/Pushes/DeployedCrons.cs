using Fresnel.Engine;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Jobs.Crons;
using Fresnel.Values;

namespace Fresnel.Runtime.Pushes;

/// <summary>Makes a component's crons those of a push: by identifier, and what did not change is not touched. Source: <c>spec/function-runtime.md</c> §8.6.</summary>
/// <param name="transaction">The flip.</param>
/// <param name="component">The component.</param>
/// <param name="now">When it is deployed.</param>
/// <param name="entropy">Draws the minute of the hour for schedules that leave it open.</param>
internal sealed class DeployedCrons(Transaction transaction, string component, DateTimeOffset now, IEntropy entropy)
{
    /// <summary>Writes what changed.</summary>
    /// <returns>Identifiers of crons that came, changed and went.</returns>
    public async ValueTask<CronDiff> ReplaceAsync(IReadOnlyDictionary<string, CronSpec> wanted, CancellationToken cancellationToken)
    {
        var existing = (await CronDocuments.ListAsync(transaction, component, cancellationToken)).ToDictionary(cron => cron.Fields["name"].AsString(), StringComparer.Ordinal);
        var (added, updated, deleted) = (new List<string>(), new List<string>(), new List<string>());
        foreach (var (name, spec) in wanted.OrderBy(cron => cron.Key, StringComparer.Ordinal))
        {
            if (!existing.Remove(name, out var cron))
            {
                await AddAsync(name, spec, cancellationToken);
                added.Add(name);
            }
            else if (cron.Fields["cronSpec"] != Value.Object(spec.ToStored()))
            {
                await ChangeAsync(cron, spec, cancellationToken);
                updated.Add(name);
            }
        }

        foreach (var (name, cron) in existing.OrderBy(cron => cron.Key, StringComparer.Ordinal))
        {
            await DeleteAsync(cron, cancellationToken);
            deleted.Add(name);
        }

        return new CronDiff(added, updated, deleted);
    }

    private async ValueTask AddAsync(string name, CronSpec spec, CancellationToken cancellationToken)
    {
        var minute = MinuteFor(spec, null);
        var cron = await transaction.InsertAsync(
            transaction.Find(SystemTables.CronJobs),
            ValueObject.Create(("component", component), ("name", name), ("cronSpec", spec.ToStored()), ("minute", minute)),
            cancellationToken);
        await transaction.InsertAsync(
            transaction.Find(SystemTables.CronNextRun),
            ValueObject.Create(
                ("cronJobId", cron.Id.ToString()), ("state", CronDocuments.State(CronDocuments.Pending)), ("prevTs", Value.Null), ("nextTs", FirstTime(spec, minute))),
            cancellationToken);
    }

    /// <summary>A run that is under way goes on, and the next one waits for it; its time is that of a new cron.</summary>
    private async ValueTask ChangeAsync(Document cron, CronSpec spec, CancellationToken cancellationToken)
    {
        var minute = MinuteFor(spec, cron);
        var nextRun = await CronDocuments.NextRunOfAsync(transaction, cron, cancellationToken);
        await transaction.PatchAsync(
            transaction.Find(SystemTables.CronJobs), cron.Id, new ValuePatch([KeyValuePair.Create("cronSpec", Value.Object(spec.ToStored())), KeyValuePair.Create("minute", minute)]), cancellationToken);
        await transaction.PatchAsync(transaction.Find(SystemTables.CronNextRun), nextRun.Id, new ValuePatch([KeyValuePair.Create("nextTs", FirstTime(spec, minute))]), cancellationToken);
    }

    private async ValueTask DeleteAsync(Document cron, CancellationToken cancellationToken)
    {
        var nextRun = await CronDocuments.NextRunOfAsync(transaction, cron, cancellationToken);
        await CronLog.ClearAsync(transaction, component, cron.Fields["name"].AsString(), cancellationToken);
        await transaction.DeleteAsync(transaction.Find(SystemTables.CronNextRun), nextRun.Id, cancellationToken);
        await transaction.DeleteAsync(transaction.Find(SystemTables.CronJobs), cron.Id, cancellationToken);
    }

    /// <summary>The minute of the hour for a schedule that leaves it open: drawn once and kept, also when the schedule changes.</summary>
    private Value MinuteFor(CronSpec spec, Document? before)
    {
        if (!CronSchedule.LeavesMinuteOpen(spec.Schedule)) return Value.Undefined;
        if (before?.Fields["minute"] is { Kind: ValueKind.Float64 } drawn) return drawn;
        Span<byte> random = stackalloc byte[4];
        entropy.Fill(random);
        return Value.Float64(BitConverter.ToUInt32(random) % 60);
    }

    private Value FirstTime(CronSpec spec, Value minute) =>
        CronDocuments.Time(CronSchedule.Read(spec.Schedule, minute.IsUndefined ? 0 : (int)minute.AsFloat64()).First(now));
}
