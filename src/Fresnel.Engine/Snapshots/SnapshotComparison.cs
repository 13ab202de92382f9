using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Values;

namespace Fresnel.Engine.Snapshots;

/// <summary>Whether what was read of one snapshot reads the same in a newer one.</summary>
internal static class SnapshotComparison
{
    /// <summary>True only where it is certain: all entries of the intervals, and the documents that they name, are the same versions.</summary>
    /// <param name="reads">What was read.</param>
    /// <param name="before">Of which snapshot.</param>
    /// <param name="after">The newer one.</param>
    /// <param name="most">Entries that are looked at, at most.</param>
    public static bool IsSame(ReadSet reads, Snapshot before, Snapshot after, int most)
    {
        foreach (var (index, interval) in reads.Intervals)
        {
            var (old, young) = (before.Roots.Find(index), after.Roots.Find(index));
            if (old is null && young is null) continue;
            if (old is null || young is null) return false;
            var table = after.Catalog.TableOf(index);
            if (table is null || before.Catalog.TableOf(index)?.Key != table.Key) return false;
            var documents = (Old: before.Roots.Find(table.ById.Key), Young: after.Roots.Find(table.ById.Key));
            if (ReferenceEquals(old, young) && (!old.IsKeyOnly || ReferenceEquals(documents.Old, documents.Young))) continue;
            var idKey = new byte[DocumentKey.LengthFor(table.Number)];
            if (!IsSame(new(old, interval, descending: false), documents.Old, new(young, interval, descending: false), documents.Young, idKey, ref most)) return false;
        }

        return true;
    }

    private static bool IsSame(TreeCursor old, PersistentBTree? oldById, TreeCursor young, PersistentBTree? youngById, byte[] idKey, ref int most)
    {
        while (true)
        {
            var (hasOld, hasYoung) = (old.MoveNext(), young.MoveNext());
            if (old.Missing is not null || young.Missing is not null || hasOld != hasYoung || --most < 0) return false;
            if (!hasOld) return true;
            if (old.Keys.Compare(old.At, young.CopyKey()) != 0) return false;
            old.Keys.CopyTail(old.At, idKey);
            if (VersionOf(old, idKey, oldById) is not { } was || VersionOf(young, idKey, youngById) != was) return false;
        }
    }

    /// <summary>When the document of an entry was written; null when that is not known here.</summary>
    private static Timestamp? VersionOf(TreeCursor cursor, byte[] idKey, PersistentBTree? byId)
    {
        if (cursor.Document is { } held) return held.Timestamp;
        return byId is not null && byId.TryGet(idKey, out var document, out var missing) && missing is null ? document?.Timestamp : null;
    }
}
