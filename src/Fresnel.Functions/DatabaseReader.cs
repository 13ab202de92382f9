using Fresnel.Values;

namespace Fresnel.Functions;

/// <summary>Reads documents. What is read is recorded: it decides when a query runs again and when a mutation conflicts.</summary>
/// <remarks>Source: <c>spec/function-runtime.md</c> §3.4, with its checks and texts.</remarks>
public abstract class DatabaseReader
{
    /// <summary>Reads the two public system tables, <c>_storage</c> and <c>_scheduled_functions</c>; this reader reads the others.</summary>
    public abstract DatabaseReader System { get; }

    /// <summary>The document of this id, or null.</summary>
    /// <exception cref="DeveloperException">The text is not an id, or it is one of a system table.</exception>
    public abstract ValueTask<ValueObject?> GetAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Describes a query on a table; nothing is read yet. A table that does not exist is an empty one.</summary>
    public DocumentQuery Query(string table) => new(this, table);

    /// <summary>Runs a query: documents come as they are consumed, and only those that were consumed count as read.</summary>
    /// <exception cref="DeveloperException">The index or the range is not one of the table's; a limit was reached.</exception>
    public abstract IAsyncEnumerable<ValueObject> ReadAsync(DocumentQuery query, CancellationToken cancellationToken = default);
}
