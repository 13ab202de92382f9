using Fresnel.Values;

namespace Fresnel.Engine.Schema;

/// <summary>The texts of documents that do not fit. Source: <c>spec/data-model.md</c> §4.3.</summary>
public static class SchemaMismatch
{
    /// <summary>A document that was there before the schema.</summary>
    public static string OfExisting(DocumentId id, string table, string problem) =>
        $"Document with ID \"{id}\" in table \"{table}\" does not match the schema: {problem}";

    /// <summary>A document that was written while the schema was pending: the write stands, the schema fails.</summary>
    public static string OfNew(string table, string problem) => $"New document in table \"{table}\" does not match the schema: {problem}";

    /// <summary>A write against the active schema.</summary>
    public static DeveloperException OfWrite(string table, string problem) =>
        new("SchemaEnforcementError", $"Failed to insert or update a document in table \"{table}\" because it does not match the schema: {problem}");
}
