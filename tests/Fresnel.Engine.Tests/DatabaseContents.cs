using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Tables;
using Fresnel.Values;

namespace Fresnel.Engine.Tests;

/// <summary>Everything that a snapshot holds, as text: every entry of every index, every document with its timestamp.</summary>
internal static class DatabaseContents
{
    public static async Task<string[]> OfAsync(Database database)
    {
        var snapshot = database.Published;
        var lines = new List<string>();
        foreach (var (index, tree) in snapshot.Roots.All())
        {
            var cursor = new TreeCursor(tree, KeyInterval.All, descending: false);
            var entries = 0L;
            for (; await MoveAsync(database, cursor); entries++)
            {
                var document = cursor.Document is { } found ? $" {found.Timestamp} {System.Text.Encoding.UTF8.GetString(found.Json.Span)}" : "";
                lines.Add($"{index.Number} {Convert.ToHexString(cursor.CopyKey())}{document}");
            }

            Assert.Equal(tree.Count, entries);
        }

        foreach (var table in snapshot.Catalog.Tables.OrderBy(table => table.Key.Number))
            lines.Add($"{table.Component}/{table.Name} {table.Number}: {string.Join(", ", table.Indexes.OrderBy(index => index.Key.Number).Select(Describe))}");
        return [.. lines];
    }

    /// <summary>That every index holds exactly the keys of its table's documents: those up to the cursor while it is being filled.</summary>
    public static async Task CheckIndexesAsync(Database database)
    {
        var snapshot = database.Published;
        foreach (var table in snapshot.Catalog.Tables)
        {
            var expected = table.Indexes.ToDictionary(index => index.Key, _ => new List<string>());
            var documents = new TreeCursor(snapshot.Roots.Find(table.ById.Key)!, KeyInterval.All, descending: false);
            while (await MoveAsync(database, documents))
            {
                var idKey = documents.CopyKey();
                foreach (var index in table.Indexes)
                {
                    if (index.State == IndexState.Backfilling && !(index.Cursor is { } cursor && idKey.AsSpan().SequenceCompareTo(cursor.Span) <= 0)) continue;
                    expected[index.Key].Add(Convert.ToHexString(IndexKey.Encode(documents.Document!.Fields, index.Fields)));
                }
            }

            foreach (var index in table.Indexes)
            {
                var found = new List<string>();
                var cursor = new TreeCursor(snapshot.Roots.Find(index.Key)!, KeyInterval.All, descending: false);
                while (await MoveAsync(database, cursor)) found.Add(Convert.ToHexString(cursor.CopyKey()));
                Assert.Equal(expected[index.Key].Order(StringComparer.Ordinal), found);
            }
        }
    }

    private static async ValueTask<bool> MoveAsync(Database database, TreeCursor cursor)
    {
        var moved = cursor.MoveNext();
        while (cursor.Missing is { } missing)
        {
            await database.Nodes.LoadAsync(missing, database.Published.Timestamp, TestContext.Current.CancellationToken);
            if (!moved) moved = cursor.MoveNext();
        }

        return moved;
    }

    private static string Describe(Fresnel.Engine.Tables.Index index) =>
        $"{index.Key.Number} {index.Name} [{string.Join(' ', index.Fields)}] {index.State} {index.Staged} {(index.Cursor is { } cursor ? Convert.ToHexString(cursor.Span) : "-")}";
}
