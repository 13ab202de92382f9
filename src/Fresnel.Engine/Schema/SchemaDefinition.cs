using System.Collections.Immutable;
using System.Text.Json;
using Fresnel.Values;

namespace Fresnel.Engine.Schema;

/// <summary>The schema of one component: tables, their indexes, and what their documents must be. Immutable and checked.</summary>
/// <remarks>Source: <c>spec/data-model.md</c> §4.2 and §4.3.</remarks>
public sealed class SchemaDefinition
{
    private readonly Dictionary<string, TableDefinition> _byName;

    internal SchemaDefinition(ImmutableArray<TableDefinition> tables, bool isValidated)
    {
        Tables = tables;
        IsValidated = isValidated;
        _byName = tables.ToDictionary(table => table.Name, StringComparer.Ordinal);
    }

    /// <summary>No tables, nothing enforced: what a component without a schema has.</summary>
    public static SchemaDefinition Empty { get; } = new([], isValidated: false);

    /// <summary>The tables as declared.</summary>
    public ImmutableArray<TableDefinition> Tables { get; }

    /// <summary>Whether documents are checked at all (<c>schemaValidation</c>).</summary>
    public bool IsValidated { get; }

    /// <summary>Reads what <c>export()</c> of the schema's default export returns, with all checks of a push.</summary>
    /// <param name="json">The JSON.</param>
    /// <param name="limits">How much it may declare; the defaults when null.</param>
    /// <exception cref="DeveloperException">Something in it is wrong; code and text of <c>spec/data-model.md</c> §4.2.</exception>
    public static SchemaDefinition Parse(string json, SchemaLimits? limits = null)
    {
        try
        {
            using var document = JsonDocument.Parse(json, SchemaParser.JsonOptions);
            return SchemaParser.Parse(document.RootElement, limits ?? new());
        }
        catch (JsonException problem)
        {
            throw new DeveloperException("InvalidSchema", $"The schema is not valid JSON: {problem.Message}");
        }
    }

    /// <summary>The table, or null.</summary>
    public TableDefinition? FindTable(string name) => _byName.GetValueOrDefault(name);

    /// <summary>What documents of the table are held to, or null when any document will do.</summary>
    public Validator? EnforcedValidator(string table) =>
        IsValidated && FindTable(table)?.DocumentType is { } validator && validator != Validator.Any ? validator : null;

    /// <summary>Checks a document; null when it fits, else the validation error alone.</summary>
    /// <param name="table">The table's name.</param>
    /// <param name="document">With or without its system fields, which are not looked at.</param>
    /// <param name="tables">The tables of the component.</param>
    public string? Check(string table, ValueObject document, ITableNames tables) =>
        EnforcedValidator(table)?.Check(DocumentRules.WithoutSystemFields(document), tables);

    /// <summary>Refuses a write against the active schema.</summary>
    /// <exception cref="DeveloperException"><c>SchemaEnforcementError</c>.</exception>
    public void Require(string table, ValueObject document, ITableNames tables)
    {
        if (Check(table, document, tables) is { } problem) throw SchemaMismatch.OfWrite(table, problem);
    }

    /// <summary>Whether existing documents of the table must be looked at before this schema may replace the active one.</summary>
    /// <param name="table">The table's name.</param>
    /// <param name="active">The schema that all its documents are known to fit, or null.</param>
    public bool MustValidate(string table, SchemaDefinition? active) =>
        EnforcedValidator(table) is { } wanted && !(active?.EnforcedValidator(table) ?? Validator.Any).IsSubsetOf(wanted);

    /// <summary>Refuses to delete a table that this schema, active, speaks of. Source: <c>spec/data-model.md</c> §4.3.</summary>
    /// <exception cref="DeveloperException"><c>SchemaEnforcementError</c>.</exception>
    public void RequireDeletable(string table)
    {
        if (DeletionProblem(table) is { } problem) throw new DeveloperException("SchemaEnforcementError", problem);
    }

    /// <summary>Why the deletion of a table would contradict this schema, or null.</summary>
    public string? DeletionProblem(string table)
    {
        if (FindTable(table)?.DocumentType is not null) return $"Failed to delete table \"{table}\" because it appears in the schema";
        var other = Tables.FirstOrDefault(definition => definition.DocumentType is { } type && FieldTypes.References(type, table));
        return other is null ? null : $"Failed to delete table \"{table}\" because `v.id(\"{table}\")` appears in the schema of table \"{other.Name}\"";
    }
}
