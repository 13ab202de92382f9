using Fresnel.Values;

namespace Fresnel.Engine.Transactions;

/// <summary>Makes documents of objects that may be one. The rules are those of <see cref="Values.DocumentRules"/>.</summary>
internal static class DocumentRules
{
    /// <summary>A version of a document, not yet committed.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="fields">All its fields, the system fields included and right.</param>
    /// <exception cref="DeveloperException"><c>InvalidDocumentError</c>, <c>ValueTooLargeError</c>.</exception>
    public static Document Make(DocumentId id, ValueObject fields)
    {
        Values.DocumentRules.Require(fields, id.TableNumber);
        return new(id, Timestamp.Zero, ValueJson.Write(Value.Object(fields)), fields);
    }
}
