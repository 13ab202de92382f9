using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Fresnel.Engine.Log;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Values;

namespace Fresnel.Engine.Commits;

/// <summary>A transaction's writes with everything that can be computed before their place in the order is known. Made on the submitter's thread, to spare the committer's.</summary>
internal sealed class PreparedCommit
{
    private readonly PreparedWrite[]? _unfinished; // The writes with placeholders for the commit's timestamp; null when there are none.
    private PreparedWrite[] _writes;
    private ReadOnlyMemory<byte> _body;

    private PreparedCommit(PreparedWrite[] writes)
    {
        _writes = writes;
        if (Array.Exists(writes, write => write.HasPlaceholder)) _unfinished = writes;
        else _body = Encode(writes);
    }

    /// <summary>The writes, those to the catalog tables first.</summary>
    public ImmutableArray<PreparedWrite> Writes => ImmutableCollectionsMarshal.AsImmutableArray(_writes);

    public static PreparedCommit Make(Transaction transaction)
    {
        var writes = new List<PreparedWrite>(transaction.Writes.Writes.Count);
        foreach (var write in transaction.Writes.Writes)
        {
            if (write.IsNothing) continue;
            // Documents of a table that goes in the same transaction go with it.
            if (transaction.Catalog.Find(write.Table) is not { } table) continue;
            if (write.Before is not null && write.After is not null && write.Before.Json.Span.SequenceEqual(write.After.Json.Span)) continue;
            writes.Add(PreparedWrite.Make(table, (write.After ?? write.Before)!.Id, write.IdKey, write.Before, write.After));
        }

        writes.Sort(static (left, right) => left.Table.Key != right.Table.Key
            ? left.Table.Key.Number.CompareTo(right.Table.Key.Number)
            : left.Id.InternalId.CompareTo(right.Id.InternalId));
        return new([.. writes]);
    }

    /// <summary>Puts a timestamp in the place of every placeholder: the bytes and the keys are those of a commit at that time. Done again when it gets another one.</summary>
    public void Finish(Timestamp timestamp)
    {
        if (_unfinished is null) return;
        _writes = Array.ConvertAll(_unfinished, write => write.HasPlaceholder ? write.WithTimestamp(timestamp) : write);
        _body = Encode(_writes);
    }

    /// <summary>Appends the finished commit to a group of the log.</summary>
    public void WriteTo(ByteWriter group, Timestamp timestamp)
    {
        group.Int64(timestamp.Nanoseconds);
        group.Bytes(_body.Span);
    }

    private static ReadOnlyMemory<byte> Encode(PreparedWrite[] writes)
    {
        var body = new ByteWriter();
        body.Varint(writes.Length);
        foreach (var write in writes) write.WriteTo(body);
        return body.Written;
    }
}
