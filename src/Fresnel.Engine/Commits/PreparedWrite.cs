using System.Collections.Immutable;
using Fresnel.Engine.Log;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Values;

namespace Fresnel.Engine.Commits;

/// <summary>One document's change, ready to be applied: its versions, and its keys in every index of its table.</summary>
/// <param name="Table">The table with the indexes that the keys are of.</param>
/// <param name="Id">The document.</param>
/// <param name="IdKey">Its key in <c>by_id</c>.</param>
/// <param name="Before">The version that it replaces, or null.</param>
/// <param name="After">The version to be, or null. It has no timestamp yet.</param>
/// <param name="Changes">The keys in every index but <c>by_id</c>, also those that stay the same: read sets and watches are tested against them.</param>
internal sealed record PreparedWrite(Table Table, DocumentId Id, byte[] IdKey, Document? Before, Document? After, KeyChange[] Changes)
{
    private static ReadOnlySpan<byte> Placeholder => """{"$commitTs":null}"""u8;

    /// <summary>Whether the version to be waits for its commit's timestamp.</summary>
    public bool HasPlaceholder => After is not null && After.Json.Span.IndexOf(Placeholder) >= 0;

    /// <summary>Computes the keys of a change.</summary>
    public static PreparedWrite Make(Table table, DocumentId id, byte[] idKey, Document? before, Document? after)
    {
        var changes = new KeyChange[table.Indexes.Length - 1];
        for (var i = 0; i < changes.Length; i++)
        {
            var index = table.Indexes[i + 1];
            var old = before is null ? null : IndexKey.Encode(before.Fields, index.Fields);
            var made = after is null ? null : old is not null && IsSame(before!.Fields, after.Fields, index.Fields) ? old : IndexKey.Encode(after.Fields, index.Fields);
            // Values that are not equal may have equal keys: what is not a number may be spelled in many ways.
            if (old is not null && made is not null && old.AsSpan().SequenceEqual(made)) made = old;
            changes[i] = new(index, old, made);
        }

        return new(table, id, idKey, before, after, changes);
    }

    /// <summary>The same change with the timestamp in the place of every placeholder.</summary>
    public PreparedWrite WithTimestamp(Timestamp timestamp)
    {
        var fields = Filled(Value.Object(After!.Fields), Value.Int64(timestamp.Nanoseconds)).AsObject();
        return Make(Table, Id, IdKey, Before, new(Id, Timestamp.Zero, ValueJson.Write(Value.Object(fields)), fields));
    }

    public void WriteTo(ByteWriter log) => LogFormat.WriteTo(log, Table.Key, Id.InternalId, Before is null ? default : Before.Json.Span, After);

    /// <summary>Whether two versions certainly have the same key: equal values have.</summary>
    private static bool IsSame(ValueObject before, ValueObject after, ImmutableArray<FieldPath> fields)
    {
        foreach (var field in fields)
        {
            if (before[field] != after[field]) return false;
        }

        return true;
    }

    private static Value Filled(Value value, Value timestamp) => value.Kind switch
    {
        _ when value.IsCommitTimestamp => timestamp,
        ValueKind.Array => Value.Array([.. value.AsArray().ToArray().Select(element => Filled(element, timestamp))]),
        ValueKind.Object => Value.Object(ValueObject.From(value.AsObject().Select(field => KeyValuePair.Create(field.Key, Filled(field.Value, timestamp))))),
        _ => value,
    };
}

/// <summary>A document's keys in one index. The same array in both places when it stays where it is.</summary>
internal readonly record struct KeyChange(Tables.Index Index, byte[]? Before, byte[]? After)
{
    /// <summary>Whether the tree of the index must change.</summary>
    public bool Moves => !ReferenceEquals(Before, After);
}
