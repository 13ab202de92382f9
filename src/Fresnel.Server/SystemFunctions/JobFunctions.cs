using Fresnel.Engine;
using Fresnel.Engine.Transactions;
using Fresnel.Functions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Clr;
using Fresnel.Values;

namespace Fresnel.Server.SystemFunctions;

/// <summary>What is scheduled in a component, page by page. Source: <c>spec/deploy-api.md</c> §11.</summary>
[FunctionModule("_system/frontend/paginatedScheduledJobs")]
internal static class JobFunctions
{
    private const string Index = "by_state_and_time";

    /// <summary>A page of the pending jobs, the soonest first; of one function, when it is named.</summary>
    [Query(Name = "default")]
    public static async ValueTask<ValueObject> PageAsync(
        SystemQueryContext context, string? componentId, string? udfPath, ValueObject paginationOpts, CancellationToken cancellationToken)
    {
        var component = await ComponentArgument.ReadAsync(context, componentId, cancellationToken);
        var name = udfPath is null ? null : FunctionPath.TryParse(udfPath, out var path, out var detail) ? path.Canonical : throw new DeveloperException("InvalidArgument", detail);
        return await context.ReadAsync((transaction, token) => ReadAsync(transaction, component, name, paginationOpts, token), cancellationToken);
    }

    private static async ValueTask<ValueObject> ReadAsync(Transaction transaction, string component, string? name, ValueObject paginationOpts, CancellationToken cancellationToken)
    {
        var count = SystemPage.CountOf(paginationOpts);
        var cursor = SystemPage.CursorOf(paginationOpts);
        if (cursor == PageCursor.End || transaction.FindTable(component, SystemTables.ScheduledFunctions.Name) is not { } table) return SystemPage.Of([], PageCursor.End);

        var pending = KeyInterval.Prefix(IndexKey.Encode("pending"));
        var rest = cursor is null ? pending : pending with { Lower = PageCursor.Rest(cursor, table.Number, isDescending: false).Lower };
        var stream = transaction.Read(table, table.FindIndex(Index)!, rest);
        var jobs = new List<Value>();
        while (jobs.Count < count)
        {
            if (await stream.NextAsync(cancellationToken) is not { } job) return SystemPage.Of(jobs, PageCursor.End);
            if (name is null || job.Fields["name"].AsString() == name) jobs.Add(Describe(job));
        }

        return SystemPage.Of(jobs, PageCursor.Write(table.Number, isDescending: false, stream.LastKey.Span));
    }

    /// <summary>As the dashboard has them; the arguments are asked for by themselves, since they may be large.</summary>
    private static ValueObject Describe(Document job) => ValueObject.Create(
        ("_id", job.Fields["_id"]),
        ("_creationTime", job.Fields["_creationTime"]),
        ("udfPath", job.Fields["name"]),
        ("argsId", job.Fields["_id"]),
        ("state", ValueObject.Create(("type", "pending"))),
        ("nextTs", Nanoseconds(job.Fields["scheduledTime"])),
        ("originalScheduledTs", Nanoseconds(job.Fields["scheduledTime"])));

    private static Value Nanoseconds(Value milliseconds) => Value.Int64((long)(milliseconds.AsFloat64() * 1e6));
}

/// <summary>The arguments of scheduled functions.</summary>
[FunctionModule("_system/frontend/scheduler")]
internal static class JobArgumentFunctions
{
    /// <summary>The arguments of one, or null when it is gone.</summary>
    [Query]
    public static async ValueTask<ValueObject?> GetArgsAsync(SystemQueryContext context, string? componentId, string argsId, CancellationToken cancellationToken)
    {
        var component = await ComponentArgument.ReadAsync(context, componentId, cancellationToken);
        return await context.ReadAsync(
            async (transaction, token) =>
                transaction.FindTable(component, SystemTables.ScheduledFunctions.Name) is { } table && DocumentId.TryParse(argsId, out var id) && id.TableNumber == table.Number
                && await transaction.GetAsync(table, id.InternalId, token) is { } job
                    ? ValueObject.Create(("_id", job.Fields["_id"]), ("args", job.Fields["args"]))
                    : null,
            cancellationToken);
    }
}
