using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Values;

namespace Fresnel.Runtime.Pushes;

/// <summary>The texts of schemas, as <c>schema.ts</c> exports them: what makes two pushes the same, and what the CLI is shown.</summary>
internal static class SchemaTexts
{
    /// <summary>The text of a schema, or null for none.</summary>
    public static async ValueTask<string?> ReadAsync(Transaction transaction, DeployedSchema? schema, CancellationToken cancellationToken)
    {
        if (schema is null) return null;
        var table = transaction.FindTable("", "_schemas")!;
        var document = await transaction.GetAsync(table, schema.Id.InternalId, cancellationToken);
        return document!.Fields["schema"] is { Kind: ValueKind.String } text ? text.AsString() : null;
    }
}
