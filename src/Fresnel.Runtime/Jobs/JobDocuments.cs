using Fresnel.Engine;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Values;

namespace Fresnel.Runtime.Jobs;

/// <summary>Jobs as documents: <c>{name, args, scheduledTime, state, completedTime?}</c>, and the steps of their lives.</summary>
/// <remarks>
/// pending → success | failed | canceled, for a mutation; pending → inProgress → success | failed | canceled, for an action. Source: <c>spec/data-model.md</c> §9.1.
/// </remarks>
internal static class JobDocuments
{
    public const string Pending = "pending";
    public const string InProgress = "inProgress";
    public const string Success = "success";
    public const string Failed = "failed";
    public const string Canceled = "canceled";

    /// <summary>The table of a component's jobs.</summary>
    public static Table TableOf(Transaction transaction, string component) => transaction.Find(SystemTables.ScheduledFunctions, component);

    /// <summary>What state a job is in.</summary>
    public static string StateOf(Document job) => job.Fields["state"].AsObject()["kind"].AsString();

    /// <summary>When a job is due, in unix milliseconds.</summary>
    public static double DueOf(Document job) => job.Fields["scheduledTime"].AsFloat64();

    /// <summary>A state without more to say.</summary>
    public static Value State(string kind) => ValueObject.Create(("kind", kind));

    /// <summary>A failed state.</summary>
    public static Value FailedState(string error) => ValueObject.Create(("kind", Failed), ("error", error));

    /// <summary>Inserts a job. One that a cancelled job schedules is born cancelled.</summary>
    /// <param name="transaction">Whose part it is.</param>
    /// <param name="component">The component that schedules.</param>
    /// <param name="request">What is to run.</param>
    /// <param name="scheduledBy">The job that schedules it, or null.</param>
    /// <param name="now">Unix milliseconds.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The id of the job.</returns>
    public static async ValueTask<string> InsertAsync(
        Transaction transaction, string component, JobRequest request, string? scheduledBy, double now, CancellationToken cancellationToken)
    {
        var table = TableOf(transaction, component);
        var isCanceled = scheduledBy is not null
            && await transaction.GetAsync(table, DocumentId.Parse(scheduledBy).InternalId, cancellationToken) is { } parent
            && StateOf(parent) == Canceled;
        var job = ValueObject.Create(
            ("name", request.Name),
            ("args", request.Arguments),
            ("scheduledTime", Value.Float64(request.UnixMilliseconds)),
            ("state", State(isCanceled ? Canceled : Pending)),
            ("completedTime", isCanceled ? Value.Float64(now) : Value.Undefined));
        return (await transaction.InsertAsync(table, job, cancellationToken)).Id.ToString();
    }

    /// <summary>Cancels a job that has not ended; false when it has.</summary>
    /// <param name="transaction">Whose part it is.</param>
    /// <param name="component">The component of the job.</param>
    /// <param name="id">Text of an id.</param>
    /// <param name="runningMutation">The job that this transaction is the run of, or null.</param>
    /// <param name="now">Unix milliseconds.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="DeveloperException">It is not the id of a job, or it is the running mutation's own.</exception>
    public static async ValueTask<bool> CancelAsync(
        Transaction transaction, string component, string id, string? runningMutation, double now, CancellationToken cancellationToken)
    {
        var table = TableOf(transaction, component);
        if (!DocumentId.TryParse(id, out var job) || job.TableNumber != table.Number)
            throw new DeveloperException("InvalidArgument", "Invalid scheduled function ID. The ID must be an ID on the '_scheduled_functions' table.");
        if (id == runningMutation) throw new DeveloperException("ScheduledFunctionCancelingItself", "A mutation cannot cancel itself");
        if (await transaction.GetAsync(table, job.InternalId, cancellationToken) is not { } found || StateOf(found) is not (Pending or InProgress)) return false;
        await EndAsync(transaction, table, job, State(Canceled), now, cancellationToken);
        return true;
    }

    /// <summary>Moves a job into a state in which it has not ended.</summary>
    public static async ValueTask MoveAsync(Transaction transaction, Table table, DocumentId job, string state, CancellationToken cancellationToken) =>
        await transaction.PatchAsync(table, job, new ValuePatch([KeyValuePair.Create("state", State(state))]), cancellationToken);

    /// <summary>Moves a job into a state in which it has ended.</summary>
    public static async ValueTask EndAsync(Transaction transaction, Table table, DocumentId job, Value state, double now, CancellationToken cancellationToken) =>
        await transaction.PatchAsync(
            table, job, new ValuePatch([KeyValuePair.Create("state", state), KeyValuePair.Create("completedTime", Value.Float64(now))]), cancellationToken);
}
