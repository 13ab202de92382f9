namespace Fresnel.Values;

/// <summary>The rule for names of user tables. Source: <c>spec/data-model.md</c> §1.2.</summary>
public static class TableName
{
    /// <summary>Whether the name is that of a system table, by its first character.</summary>
    public static bool IsSystem(string name) => name.StartsWith('_');

    /// <summary>Refuses what cannot name a user table.</summary>
    /// <exception cref="DeveloperException"><c>TableNameReserved</c> or <c>InvalidTableName</c>.</exception>
    public static void RequireUser(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (IsSystem(name)) throw new DeveloperException("TableNameReserved", $"{name} is a reserved table name.");
        if (!Identifier.IsValid(name))
            throw new DeveloperException("InvalidTableName", $"Invalid table name: \"{name}\". Identifiers must start with a letter and can only contain letters, digits, and underscores.");
    }
}
