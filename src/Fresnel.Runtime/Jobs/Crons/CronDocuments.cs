using Fresnel.Engine;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Values;

namespace Fresnel.Runtime.Jobs.Crons;

/// <summary>Crons as documents of three private tables: what each is, when it is due next, and how its last runs went. Source: <c>spec/data-model.md</c> §9.2.</summary>
internal static class CronDocuments
{
    /// <summary>It waits for its time. A mutation stays so, to all but itself, until it has ended.</summary>
    public const string Pending = "pending";

    /// <summary>An action that has begun, and under which token.</summary>
    public const string InProgress = "inProgress";

    /// <summary>All crons of a component, by identifier.</summary>
    public static ValueTask<List<Document>> ListAsync(Transaction transaction, string component, CancellationToken cancellationToken) =>
        transaction.ListAsync(SystemTables.CronJobs, "by_component_name", [component], cancellationToken);

    /// <summary>The document that says when a cron is due next.</summary>
    public static async ValueTask<Document> NextRunOfAsync(Transaction transaction, Document cron, CancellationToken cancellationToken) =>
        await transaction.FindFirstAsync(SystemTables.CronNextRun, "by_cron_job", [cron.Id.ToString()], cancellationToken)
            ?? throw new InvalidOperationException($"The cron {cron.Fields["name"].AsString()} has no next run.");

    /// <summary>The cron that a next run is of.</summary>
    public static ValueTask<Document?> JobOfAsync(Transaction transaction, Document nextRun, CancellationToken cancellationToken) =>
        transaction.GetAsync(transaction.Find(SystemTables.CronJobs), DocumentId.Parse(nextRun.Fields["cronJobId"].AsString()).InternalId, cancellationToken);

    /// <summary>What a cron runs and when.</summary>
    public static CronSpec SpecOf(Document cron) => CronSpec.From(cron.Fields["cronSpec"].AsObject());

    /// <summary>When a cron is due.</summary>
    public static CronSchedule ScheduleOf(Document cron) => CronSchedule.Read(SpecOf(cron).Schedule, MinuteOf(cron));

    /// <summary>The minute of the hour that was drawn for a cron that leaves it open.</summary>
    public static int MinuteOf(Document cron) => cron.Fields["minute"] is { Kind: ValueKind.Float64 } minute ? (int)minute.AsFloat64() : 0;

    /// <summary>Whether it waits or runs.</summary>
    public static string StateOf(Document nextRun) => nextRun.Fields["state"].AsObject()["type"].AsString();

    /// <summary>When it is due.</summary>
    public static DateTimeOffset DueOf(Document nextRun) => Moment(nextRun.Fields["nextTs"]);

    /// <summary>A state, with the token of the run that is under way.</summary>
    public static Value State(string type, string? token = null) => ValueObject.Create(("type", type), ("token", token is null ? Value.Undefined : token));

    /// <summary>A moment as these tables have it: nanoseconds since the epoch, like the timestamps of commits.</summary>
    public static Value Time(DateTimeOffset moment) => Value.Int64(Timestamp.FromClock(moment).Nanoseconds);

    /// <summary>The moment that a field of these tables says.</summary>
    public static DateTimeOffset Moment(Value time) => DateTimeOffset.UnixEpoch.AddTicks(time.AsInt64() / 100);
}
