using Fresnel.Engine;
using Fresnel.Functions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Clr;
using Fresnel.Values;

namespace Fresnel.Server.SystemFunctions;

/// <summary>The crons of a component. Source: <c>spec/deploy-api.md</c> §11, <c>spec/data-model.md</c> §9.2.</summary>
[FunctionModule("_system/frontend/listCronJobs")]
internal static class CronFunctions
{
    /// <summary>All of them by identifier, each with its last run and the time of its next one.</summary>
    [Query(Name = "default")]
    public static async ValueTask<Value> ListAsync(SystemQueryContext context, string? componentId, CancellationToken cancellationToken)
    {
        var component = await ComponentArgument.ReadAsync(context, componentId, cancellationToken);
        var crons = await context.ListAsync(SystemTables.CronJobs, "by_component_name", [component], cancellationToken);
        var described = new List<Value>(crons.Count);
        foreach (var cron in crons)
        {
            var lastRun = (await context.ListAsync(SystemTables.CronJobLogs, "by_component_name_time", [component, cron.Fields["name"]], cancellationToken)).LastOrDefault();
            var nextRun = await context.FindAsync(SystemTables.CronNextRun, "by_cron_job", [cron.Id.ToString()], cancellationToken);
            described.Add(cron.Fields
                .With("lastRun", lastRun is null ? Value.Null : Value.Object(lastRun.Fields))
                .With("nextRun", nextRun is null ? Value.Null : Value.Object(nextRun.Fields)));
        }

        return Value.Array([.. described]);
    }
}

/// <summary>How the last runs of crons went.</summary>
[FunctionModule("_system/frontend/listCronJobRuns")]
internal static class CronRunFunctions
{
    /// <summary>The last runs of all crons of a component, the newest first.</summary>
    [Query(Name = "default")]
    public static async ValueTask<Value> ListAsync(SystemQueryContext context, string? componentId, CancellationToken cancellationToken)
    {
        var component = await ComponentArgument.ReadAsync(context, componentId, cancellationToken);
        var runs = await context.ListAsync(SystemTables.CronJobLogs, "by_component_name_time", [component], cancellationToken);
        return Value.Array([.. runs.OrderByDescending(TimeOf).Select(run => Value.Object(run.Fields))]);
    }

    private static long TimeOf(Document run) => run.Fields["ts"].AsInt64();
}
