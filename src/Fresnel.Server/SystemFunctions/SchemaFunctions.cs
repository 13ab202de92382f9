using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Functions;
using Fresnel.Runtime.Clr;
using Fresnel.Values;

namespace Fresnel.Server.SystemFunctions;

/// <summary>The schema of a component. Source: <c>spec/deploy-api.md</c> §10, 5.5.</summary>
[FunctionModule("_system/frontend/getSchemas")]
internal static class SchemaFunctions
{
    /// <summary>The schema in force and the one being checked, as JSON texts; absent when there is none.</summary>
    [Query(Name = "default")]
    public static async ValueTask<ValueObject> GetAsync(SystemQueryContext context, string? componentId, CancellationToken cancellationToken)
    {
        var component = await ComponentArgument.ReadAsync(context, componentId, cancellationToken);
        return await context.ReadAsync(
            async (transaction, token) =>
            {
                var (active, pending) = transaction.Schemas(component);
                return ValueObject.Create(("active", await TextOfAsync(transaction, active, token)), ("inProgress", await TextOfAsync(transaction, pending, token)));
            },
            cancellationToken);
    }

    private static async ValueTask<Value> TextOfAsync(Transaction transaction, DeployedSchema? schema, CancellationToken cancellationToken) =>
        schema is not null
        && transaction.FindTable("", schema.Id.TableNumber) is { } schemas
        && await transaction.GetAsync(schemas, schema.Id.InternalId, cancellationToken) is { } document
            ? document.Fields["schema"]
            : Value.Undefined;
}
