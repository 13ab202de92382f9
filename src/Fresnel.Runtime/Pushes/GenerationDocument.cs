using Fresnel.Engine;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Values;

namespace Fresnel.Runtime.Pushes;

/// <summary>A component's document in <c>_generations</c>: what a push says of the component as a whole. Every invocation depends on it.</summary>
/// <param name="Document">As it is stored.</param>
internal readonly record struct GenerationDocument(Document Document)
{
    /// <summary>The version of the npm library; null when only variables were set so far.</summary>
    public string? UdfServerVersion => Text("udfServerVersion");

    /// <summary>The functions folder of the project.</summary>
    public string? FunctionsFolder => Text("functions");

    /// <summary>The version of Node that the project asked for, or null.</summary>
    public string? NodeVersion => Text("nodeVersion");

    /// <summary>What <c>convex.config.ts</c> declares: JSON.</summary>
    public string? Definition => Text("definition");

    /// <summary>The component's document, or null before the first push.</summary>
    public static async ValueTask<GenerationDocument?> FindAsync(Transaction transaction, string component, CancellationToken cancellationToken) =>
        await transaction.FindFirstAsync(SystemTables.Generations, "by_component", [component], cancellationToken) is { } document
            ? new GenerationDocument(document)
            : null;

    /// <summary>Writes what a push says; the count of changes to variables stays.</summary>
    public static async ValueTask WriteAsync(Transaction transaction, string component, StartedPush push, string modulesHash, CancellationToken cancellationToken)
    {
        var package = push.ComponentDefinitionPackages[component];
        var analysis = push.Analysis[component];
        var found = await FindAsync(transaction, component, cancellationToken);
        var fields = ValueObject.Create(
            ("component", component),
            ("modules", modulesHash),
            ("environment", found is { } before ? before.Document.Fields["environment"] : Value.Int64(0)),
            ("seed", analysis.UdfConfig.ReadSeed()),
            ("importTime", Value.Float64(analysis.UdfConfig.ReadUnixMilliseconds())),
            ("udfServerVersion", analysis.UdfConfig.ServerVersion),
            ("functions", package.FunctionsFolder),
            ("nodeVersion", package.NodeVersion is { } version ? version : Value.Undefined),
            ("packages", Value.Array([.. package.NodeDependencies.Select(dependency => Value.Object(ValueObject.Create(("name", dependency.Name), ("version", dependency.Version))))])),
            ("definition", analysis.Definition.GetRawText()));

        var table = transaction.Find(SystemTables.Generations);
        if (found is { } existing) await transaction.ReplaceAsync(table, existing.Document.Id, fields, cancellationToken);
        else await transaction.InsertAsync(table, fields, cancellationToken);
    }

    private string? Text(string field) => Document.Fields[field] is { Kind: ValueKind.String } text ? text.AsString() : null;
}
