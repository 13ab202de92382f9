using Fresnel.Engine.Tables;

namespace Fresnel.Runtime.Catalog;

/// <summary>The system tables of the runtime: everything that is deployed or scheduled is a document in one of them.</summary>
/// <remarks>Numbers are for ever. The engine's own tables have 513 to 549 (with the public ones, 539 and 540, where Convex has them).</remarks>
public static class SystemTables
{
    /// <summary>One document per component: <c>{component, modules: hash, environment: version (Int64), seed: Bytes, importTime: Float64, udfServerVersion}</c>. An invocation depends on it.</summary>
    public static SystemTable Generations { get; } = new("_generations", 550, false, [("by_component", ["component"])]);

    /// <summary>One document per module: <c>{component, path, environment, sha256, analysis: JSON text or null}</c>.</summary>
    public static SystemTable Modules { get; } = new("_modules", 551, false, [("by_component_path", ["component", "path"])]);

    /// <summary>
    /// The text of modules, by content: <c>{sha256, part: Int64, source, sourceMap?}</c>, one that is larger than a document may be in several parts.
    /// Written at <c>start_push</c>; those that nothing refers to go with a later push.
    /// </summary>
    public static SystemTable Sources { get; } = new("_sources", 552, false, [("by_sha256", ["sha256", "part"])]);

    /// <summary><c>{name, value}</c>.</summary>
    public static SystemTable EnvironmentVariables { get; } = new("_environment_variables", 553, false, [("by_name", ["name"])]);

    /// <summary>One document: <c>{providers: JSON text}</c>.</summary>
    public static SystemTable Auth { get; } = new("_auth", 554, false, []);

    /// <summary>Settings of the deployment by name: <c>{name, value}</c>, e.g. canonical URLs and the instance secret's check.</summary>
    public static SystemTable Settings { get; } = new("_settings", 555, false, [("by_name", ["name"])]);

    /// <summary>
    /// Jobs: public documents as <c>spec/data-model.md</c> §9.1 has them. The loop finds what is due by the state's kind and the scheduled time, and what may go by the completed time.
    /// </summary>
    public static SystemTable ScheduledFunctions { get; } = new(
        "_scheduled_functions", 539, true, [("by_creation_time", ["_creationTime"]), ("by_state_and_time", ["state.kind", "scheduledTime"]), ("by_completed_time", ["completedTime"])]);

    /// <summary>Files: public documents as <c>spec/data-model.md</c> §7 has them.</summary>
    public static SystemTable Storage { get; } = new("_storage", 540, true, [("by_creation_time", ["_creationTime"])]);

    /// <summary>One document per cron: <c>{component, name, cronSpec: {udfPath, udfArgs: Bytes, cronSchedule}, minute?}</c>; the minute of the hour where the schedule leaves it open.</summary>
    public static SystemTable CronJobs { get; } = new("_cron_jobs", 560, false, [("by_component_name", ["component", "name"])]);

    /// <summary>When each cron is due: <c>{cronJobId, state: {type, token?}, prevTs: Int64 or null, nextTs: Int64}</c>, one document per cron, always. The loop finds by it what is due.</summary>
    public static SystemTable CronNextRun { get; } = new("_cron_next_run", 561, false, [("by_cron_job", ["cronJobId"]), ("by_state_and_time", ["state.type", "nextTs"])]);

    /// <summary>The last runs of each cron: <c>{component, name, ts: Int64, udfPath, udfArgs: Bytes, status, logLines: {logLines, isTruncated}, executionTime}</c>.</summary>
    public static SystemTable CronJobLogs { get; } = new("_cron_job_logs", 562, false, [("by_component_name_time", ["component", "name", "ts"])]);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<SystemTable> All { get; } =
        [Generations, Modules, Sources, EnvironmentVariables, Auth, Settings, ScheduledFunctions, Storage, CronJobs, CronNextRun, CronJobLogs];
}
