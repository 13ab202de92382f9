using Fresnel.Values;

namespace Fresnel.Functions;

/// <summary>Reads and writes documents. Writes are seen by later reads of the transaction and by others once it has committed.</summary>
/// <remarks>Source: <c>spec/data-model.md</c> §1.7, with its checks and texts.</remarks>
public abstract class DatabaseWriter : DatabaseReader
{
    /// <summary>Inserts a document; a table that does not exist is made. Returns the id.</summary>
    /// <exception cref="DeveloperException">A schema mismatch, a name that is not one, a limit.</exception>
    public abstract ValueTask<string> InsertAsync(string table, ValueObject fields, CancellationToken cancellationToken = default);

    /// <summary>Merges fields into a document; those that are undefined are removed.</summary>
    /// <exception cref="DeveloperException">There is no such document, a schema mismatch, a limit.</exception>
    public abstract ValueTask PatchAsync(string id, ValuePatch patch, CancellationToken cancellationToken = default);

    /// <summary>Merges fields into a document; removes none.</summary>
    /// <inheritdoc cref="PatchAsync(string, ValuePatch, CancellationToken)" path="/exception"/>
    public ValueTask PatchAsync(string id, ValueObject fields, CancellationToken cancellationToken = default) =>
        PatchAsync(id, new ValuePatch([.. fields]), cancellationToken);

    /// <summary>Replaces all fields of a document but its system fields.</summary>
    /// <exception cref="DeveloperException">There is no such document, a schema mismatch, a limit.</exception>
    public abstract ValueTask ReplaceAsync(string id, ValueObject fields, CancellationToken cancellationToken = default);

    /// <summary>Deletes a document.</summary>
    /// <exception cref="DeveloperException">There is no such document, a limit.</exception>
    public abstract ValueTask DeleteAsync(string id, CancellationToken cancellationToken = default);
}
