using Fresnel.Engine.Transactions;

namespace Fresnel.Engine.Tables;

/// <summary>The system tables that the engine itself adds to those of <see cref="DatabaseOptions.SystemTables"/>.</summary>
/// <remarks>Numbers are for ever: 513 to 516 are the catalog tables, which are known by code alone; up to 549 belong to the engine.</remarks>
internal static class EngineTables
{
    /// <summary>What became of the requests of sessions; see <see cref="RequestRecords"/>.</summary>
    public static SystemTable Requests { get; } = new("_requests", 517, false, [("by_session_request", ["session", "request"]), ("by_creation_time", ["_creationTime"])]);

    /// <summary>Jobs, where those above the engine do not say more of it.</summary>
    public static SystemTable ScheduledFunctions { get; } = new("_scheduled_functions", 539, true, [("by_creation_time", ["_creationTime"])]);

    /// <summary>Files, where those above the engine do not say more of it.</summary>
    public static SystemTable Storage { get; } = new("_storage", 540, true, [("by_creation_time", ["_creationTime"])]);

    /// <summary>All system tables of a database but the catalog tables.</summary>
    public static IReadOnlyList<SystemTable> With(IReadOnlyList<SystemTable> given)
    {
        List<SystemTable> all = [Requests, .. given];
        foreach (var table in (ReadOnlySpan<SystemTable>)[ScheduledFunctions, Storage])
        {
            if (!given.Any(other => other.Number == table.Number)) all.Add(table);
        }

        foreach (var clash in all.GroupBy(table => table.Number).Where(group => group.Count() > 1))
            throw new ArgumentException($"System tables {string.Join(" and ", clash.Select(table => table.Name))} have the same number {clash.Key}.");
        return all;
    }
}
