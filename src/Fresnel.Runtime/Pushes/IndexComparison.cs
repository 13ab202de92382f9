using Fresnel.Engine.Schema;
using Fresnel.Values;

namespace Fresnel.Runtime.Pushes;

/// <summary>What becomes of an index when one schema follows another.</summary>
internal enum IndexChange
{
    /// <summary>It is new.</summary>
    Added,

    /// <summary>It stays as it is.</summary>
    Identical,

    /// <summary>It was staged and may now be read.</summary>
    Enabled,

    /// <summary>It may no longer be read but is kept.</summary>
    Disabled,

    /// <summary>It goes.</summary>
    Dropped,
}

/// <summary>One index of two schemas.</summary>
/// <param name="Table">The name of its table.</param>
/// <param name="Index">As the newer schema has it; as the older one had it when it goes.</param>
/// <param name="Change">What becomes of it.</param>
internal readonly record struct ComparedIndex(string Table, DatabaseIndexDefinition Index, IndexChange Change)
{
    /// <summary>Table and index, with a dot between.</summary>
    public string Name => $"{Table}.{Index.Name}";

    /// <summary>As the CLI is shown them: with the creation time, without the id.</summary>
    public IReadOnlyList<string> Fields => [.. Index.Fields.Append(FieldPath.CreationTime).Select(path => path.ToString())];

    /// <summary>As the CLI is shown it.</summary>
    public IndexDescription Description => new(Name, Fields, Index.Staged);
}

/// <summary>Compares the indexes of two schemas. One whose definition changes under its name goes, and another of that name comes.</summary>
internal static class IndexComparison
{
    /// <summary>Every index of both, in the order of the newer schema, what goes behind.</summary>
    public static IReadOnlyList<ComparedIndex> Compare(SchemaDefinition? older, SchemaDefinition? newer)
    {
        var compared = new List<ComparedIndex>();
        foreach (var (table, index) in IndexesOf(newer)) compared.Add(new(table, index, ChangeOf(Find(older, table, index), index)));
        foreach (var (table, index) in IndexesOf(older))
        {
            if (Find(newer, table, index) is null) compared.Add(new(table, index, IndexChange.Dropped));
        }

        return compared;
    }

    /// <summary>The lists that the CLI shows.</summary>
    public static IndexDiff Describe(IReadOnlyList<ComparedIndex> compared)
    {
        IReadOnlyList<IndexDescription> Those(IndexChange change) => [.. compared.Where(index => index.Change == change).Select(index => index.Description)];
        return new(Those(IndexChange.Added), Those(IndexChange.Dropped), Those(IndexChange.Enabled), Those(IndexChange.Disabled));
    }

    private static IEnumerable<(string Table, DatabaseIndexDefinition Index)> IndexesOf(SchemaDefinition? schema) =>
        schema is null ? [] : schema.Tables.SelectMany(table => table.DatabaseIndexes.Select(index => (table.Name, index)));

    /// <summary>The same index in the other schema, whether staged there or not.</summary>
    private static DatabaseIndexDefinition? Find(SchemaDefinition? schema, string table, DatabaseIndexDefinition index) =>
        schema?.FindTable(table)?.FindIndex(index.Name) is DatabaseIndexDefinition other && other.HasSameShape(index) ? other : null;

    private static IndexChange ChangeOf(DatabaseIndexDefinition? before, DatabaseIndexDefinition now) => (before?.Staged, now.Staged) switch
    {
        (null, _) => IndexChange.Added,
        (true, false) => IndexChange.Enabled,
        (false, true) => IndexChange.Disabled,
        _ => IndexChange.Identical,
    };
}
