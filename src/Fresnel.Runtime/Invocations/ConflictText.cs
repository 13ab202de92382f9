using Fresnel.Engine.Commits;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>What is told when a mutation lost against others until its time was up. Source: <c>spec/data-model.md</c> §5.3.</summary>
internal static class ConflictText
{
    /// <summary>The error.</summary>
    public static FunctionError Error(Conflict? conflict) => FunctionRefusal.System("OptimisticConcurrencyControlFailure", conflict switch
    {
        null => Changed("some table", ""),
        _ when TableName.IsSystem(conflict.Table) =>
            "Data read or written in this mutation changed while it was being run. Consider reducing the amount of data read by using indexed queries with selective index range expressions (https://docs.convex.dev/database/indexes/).",
        _ => Changed($"the \"{conflict.Table}\" table", $"Another call changed the document with ID \"{conflict.Document}\". "),
    });

    private static string Changed(string table, string who) =>
        $"Documents read from or written to {table} changed while this mutation was being run and on every subsequent retry. {who}See https://docs.convex.dev/error#1";
}
