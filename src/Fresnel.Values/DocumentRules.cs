namespace Fresnel.Values;

/// <summary>What a document must be, whatever the schema says. Source: <c>spec/data-model.md</c> §1.2, §1.3 and §1.8.</summary>
public static class DocumentRules
{
    /// <summary>The name of the field that holds the id.</summary>
    public const string Id = "_id";

    /// <summary>The name of the field that holds the creation time.</summary>
    public const string CreationTime = "_creationTime";

    /// <summary>Refuses what cannot be a document.</summary>
    /// <param name="document">With its system fields.</param>
    /// <param name="tableNumber">The table that it is to lie in.</param>
    /// <param name="limits">How large it may be.</param>
    /// <exception cref="DeveloperException"><c>InvalidDocumentError</c> with everything that is wrong, <c>ValueTooLargeError</c>, <c>TooManyFieldsError</c> or <c>ArrayTooLong</c>.</exception>
    public static void Require(ValueObject document, uint tableNumber, DocumentLimits limits)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(limits);
        if (FindViolations(document, tableNumber, limits) is { } violations)
            throw new DeveloperException("InvalidDocumentError", $"Document(value: {document}) isn't a valid document: {string.Join("\n ", violations)}");
        if (document.Size > limits.Bytes) throw ValueLimits.ValueTooLarge(document.Size, limits.Bytes);
        limits.RequireCounts(document);
    }

    /// <summary>The document without the fields that begin with an underscore: what a schema speaks of.</summary>
    public static ValueObject WithoutSystemFields(ValueObject document)
    {
        ArgumentNullException.ThrowIfNull(document);
        return ValueObject.From(document.Where(field => !field.Key.StartsWith('_')));
    }

    /// <summary>Whether it is a moment that a document may have been made at: milliseconds above 0 and below 2^53, with a fraction.</summary>
    public static bool IsCreationTime(double milliseconds) => milliseconds is > 0 and < 1L << 53;

    /// <summary>Everything that is wrong with a document; null when nothing is.</summary>
    private static List<string>? FindViolations(ValueObject document, uint tableNumber, DocumentLimits limits)
    {
        List<string>? found = null;
        foreach (var name in document.Names)
        {
            if (name.StartsWith('_') && name is not (Id or CreationTime)) Add($"Field '{name}' starts with an underscore, which is only allowed for system fields like '_id'");
        }

        var (id, created) = (document[Id], document[CreationTime]);
        if (id.Kind != ValueKind.String || !DocumentId.TryParse(id.AsString(), out var parsed)) Add($"The '_id' field {id} must be an Id");
        else if (parsed.TableNumber != tableNumber) Add("The document belongs to a different table than its '_id' field");

        if (created.Kind != ValueKind.Float64) Add($"The '_creationTime' field should be a float, is {created}");
        else if (!IsCreationTime(created.AsFloat64())) Add($"The '_creationTime' field should be a timestamp in milliseconds, is {created}");

        if (document.Nesting > limits.Nesting)
            Add($"Document is too nested (nested {document.Nesting} levels deep > maximum nesting {limits.Nesting})");
        return found;

        void Add(string violation) => (found ??= []).Add(violation);
    }
}
