using System.Collections.Immutable;
using Fresnel.Values;

namespace Fresnel.Engine.Tables;

/// <summary>A table as a snapshot knows it. Its identity is <see cref="Key"/>: a table that was deleted and made again is another one.</summary>
/// <param name="Key">Identity within the deployment; never used again.</param>
/// <param name="Component">The component path; empty for the app.</param>
/// <param name="Name">The name, unique in the component.</param>
/// <param name="Number">The number that ids carry, unique in the component.</param>
/// <param name="Indexes">All its indexes, <c>by_id</c> first.</param>
public sealed record Table(TableKey Key, string Component, string Name, uint Number, ImmutableArray<Index> Indexes)
{
    /// <summary>The smallest number of a user table.</summary>
    public const uint FirstUserNumber = 10_001;

    /// <summary>Whether the system keeps it: its reads and writes do not count, and it has no schema.</summary>
    public bool IsSystem => Number < FirstUserNumber;

    /// <summary>The index of this name that may be read, or null. One that is being built beside it under the same name is not found here.</summary>
    public Index? FindIndex(string name)
    {
        foreach (var index in Indexes)
        {
            if (index.State == IndexState.Enabled && index.Name == name) return index;
        }

        return null;
    }

    /// <summary>The index from ids to documents.</summary>
    public Index ById => Indexes[0];

    /// <summary>The index that a query without one reads; private system tables have none.</summary>
    public Index? ByCreationTime => FindIndex("by_creation_time");

    /// <summary>Where <c>_tables</c> says that there is a table of this name: what finding it, or writing to it, reads.</summary>
    internal KeyInterval NameInterval { get; } = IntervalOf(Component, Name);

    /// <summary>Where <c>_tables</c> says that there is a table of this number.</summary>
    internal KeyInterval NumberInterval { get; } = IntervalOf(Component, Number);

    /// <summary>Where <c>_indexes</c> lists its indexes.</summary>
    internal KeyInterval IndexesInterval { get; } = KeyInterval.Prefix(IndexKey.Encode(Value.Int64(Key.Number)));

    /// <summary>Where <c>_schemas</c> holds the schemas of its component.</summary>
    internal KeyInterval SchemasInterval { get; } = KeyInterval.Prefix(IndexKey.Encode(Component));

    /// <summary>Where <c>_tables</c> says whether there is a table of a name.</summary>
    internal static KeyInterval IntervalOf(string component, string name) => KeyInterval.Prefix(IndexKey.Encode(component, name));

    /// <summary>Where <c>_tables</c> says whether there is a table of a number.</summary>
    internal static KeyInterval IntervalOf(string component, uint number) => KeyInterval.Prefix(IndexKey.Encode(component, Value.Int64(number)));
}

/// <summary>An index as a snapshot knows it.</summary>
/// <param name="Key">Identity within the deployment; never used again.</param>
/// <param name="Table">The identity of its table.</param>
/// <param name="Name">The name within the table.</param>
/// <param name="Fields">The fields of its keys, with <c>_creationTime</c> and <c>_id</c> at the end where they belong.</param>
/// <param name="State">Whether it may be read.</param>
/// <param name="Staged">Whether the schema lists it as staged: complete but not readable.</param>
/// <param name="Cursor">While it is being filled: the last key of <c>by_id</c> that is in it; null before the first step and when complete.</param>
/// <param name="DocumentId">Its document in <c>_indexes</c>; null for those that every table has.</param>
public sealed record Index(IndexKeyId Key, TableKey Table, string Name, ImmutableArray<FieldPath> Fields, IndexState State, bool Staged, ReadOnlyMemory<byte>? Cursor, DocumentId? DocumentId);

/// <summary>Identity of a table.</summary>
public readonly record struct TableKey(int Number);

/// <summary>Identity of an index.</summary>
public readonly record struct IndexKeyId(int Number);

/// <summary>The life of an index. Source: <c>spec/data-model.md</c> §4.3.</summary>
public enum IndexState
{
    /// <summary>Being filled; maintained by writes up to its cursor; not readable.</summary>
    Backfilling,

    /// <summary>Complete; not readable until a push enables it.</summary>
    Backfilled,

    /// <summary>Readable.</summary>
    Enabled,
}

/// <summary>A table that the system itself keeps: known by code, present from the first start.</summary>
/// <param name="Name">With its underscore.</param>
/// <param name="Number">513 to 10000; fixed for ever.</param>
/// <param name="PerComponent">Whether each component has one of its own; otherwise only the app has it.</param>
/// <param name="Indexes">What it is read by, beside <c>by_id</c>. The field lists are complete: nothing is appended but <c>_id</c>.</param>
public sealed record SystemTable(string Name, uint Number, bool PerComponent, ImmutableArray<(string Name, ImmutableArray<string> Fields)> Indexes);
