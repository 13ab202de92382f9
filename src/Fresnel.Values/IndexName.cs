namespace Fresnel.Values;

/// <summary>The rule for names of user indexes. Source: <c>spec/data-model.md</c> §2.2.</summary>
public static class IndexName
{
    /// <summary>The index on <c>_id</c> that every table has.</summary>
    public const string ById = "by_id";

    /// <summary>The index on <c>_creationTime</c> that every table has.</summary>
    public const string ByCreationTime = "by_creation_time";

    /// <summary>Refuses what cannot name an index of a user.</summary>
    /// <exception cref="DeveloperException"><c>IndexNameReserved</c> or <c>InvalidIndexName</c>.</exception>
    public static void RequireUser(string table, string index)
    {
        ArgumentNullException.ThrowIfNull(index);
        if (index is ById or ByCreationTime || index.StartsWith('_'))
            throw new DeveloperException("IndexNameReserved", $"In table \"{table}\" cannot name an index \"{index}\" because the name is reserved. Indexes may not start with an underscore or be named \"by_id\" or \"by_creation_time\".");
        if (!Identifier.IsValid(index))
            throw new DeveloperException("InvalidIndexName", $"Invalid index name: \"{index}\". Identifiers must be 64 characters or less, start with a letter, and only contain letters, digits, underscores.");
    }
}
