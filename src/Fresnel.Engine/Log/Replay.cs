using Fresnel.Engine.Commits;
using Fresnel.Engine.Tables;
using Fresnel.Values;

namespace Fresnel.Engine.Log;

/// <summary>Applies groups of the log to roots, by the same steps as the committer.</summary>
internal static class Replay
{
    /// <summary>Applies a group; returns the timestamp of its last commit.</summary>
    /// <exception cref="InvalidDataException">The bytes are damaged, or do not belong to these roots.</exception>
    public static Timestamp Apply(PendingState state, KeyAllocator keys, ReadOnlyMemory<byte> group)
    {
        var last = Timestamp.Zero;
        foreach (var commit in LogFormat.Read(group))
        {
            foreach (var write in commit.Writes) Apply(state, keys, commit.Timestamp, write);
            last = commit.Timestamp;
        }

        return last;
    }

    private static void Apply(PendingState state, KeyAllocator keys, Timestamp timestamp, LoggedWrite write)
    {
        var table = state.Catalog.Find(write.Table) ?? throw new InvalidDataException($"The commit log writes to table {write.Table.Number}, which is not there.");
        var id = new DocumentId(table.Number, write.Id);
        var idKey = DocumentKey.Of(id);
        var before = state.Find(table, idKey);
        var after = write.IsDelete ? null : new Document(id, Timestamp.Zero, write.Json(before?.Json ?? default));
        if (after is not null && table.Key == CatalogTables.Tables.Key)
        {
            foreach (var index in TableDocument.Read(after).Indexes) keys.Saw(index.Key.Number);
        }
        else if (after is not null && table.Key == CatalogTables.Indexes.Key) keys.Saw(IndexDocument.Read(after).Key.Number);

        state.Apply(timestamp, PreparedWrite.Make(table, id, idKey, before, after));
    }
}
