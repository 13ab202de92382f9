using Fresnel.Values;

namespace Fresnel.Engine.Transactions;

/// <summary>What makes an object a document. Source: <c>spec/data-model.md</c> §1.2 and 1.3.</summary>
internal static class DocumentRules
{
    /// <summary>A version of a document, not yet committed.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="fields">All its fields, the system fields included and right.</param>
    /// <exception cref="DeveloperException"><c>InvalidDocumentError</c>, <c>ValueTooLargeError</c>.</exception>
    public static Document Make(DocumentId id, ValueObject fields)
    {
        if (Violations(fields) is { Count: > 0 } violations)
            throw new DeveloperException("InvalidDocumentError", $"Document(value: {fields}) isn't a valid document: {string.Join("\n ", violations)}");
        if (fields.Size > ValueLimits.DocumentBytes)
            throw new DeveloperException("ValueTooLargeError", $"Value is too large ({ByteSize.Print(fields.Size)} > maximum size {ByteSize.Print(ValueLimits.DocumentBytes)})");
        return new(id, Timestamp.Zero, ValueJson.Write(Value.Object(fields)), fields);
    }

    private static List<string>? Violations(ValueObject fields)
    {
        List<string>? violations = null;
        foreach (var name in fields.Names)
        {
            if (name.StartsWith('_') && name is not ("_id" or "_creationTime"))
                (violations ??= []).Add($"Field '{name}' starts with an underscore, which is only allowed for system fields like '_id'");
        }

        if (fields.Nesting > ValueLimits.DocumentNesting)
            (violations ??= []).Add($"Document is too nested (nested {fields.Nesting} levels deep > maximum nesting {ValueLimits.DocumentNesting})");
        return violations;
    }
}
