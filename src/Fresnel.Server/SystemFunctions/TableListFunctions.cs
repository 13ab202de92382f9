using Fresnel.Functions;
using Fresnel.Runtime.Clr;
using Fresnel.Values;

namespace Fresnel.Server.SystemFunctions;

/// <summary>The names of the tables, for <c>data</c>. Source: <c>spec/deploy-api.md</c> §10.</summary>
[FunctionModule("_system/cli/tables")]
internal static class TableListFunctions
{
    /// <summary>The user tables of the component, all on one page.</summary>
    [Query(Name = "default")]
    public static async ValueTask<ValueObject> ListAsync(SystemQueryContext context, ValueObject paginationOpts, CancellationToken cancellationToken)
    {
        _ = paginationOpts;
        var tables = await context.ReadAsync((transaction, _) => ValueTask.FromResult(transaction.ListTables(context.Component)), cancellationToken);
        var names = tables.Where(table => !TableName.IsSystem(table.Name)).Select(table => Value.Object(ValueObject.Create(("name", table.Name))));
        return ValueObject.Create(("page", Value.Array([.. names])), ("isDone", true), ("continueCursor", PageCursor.End));
    }
}
