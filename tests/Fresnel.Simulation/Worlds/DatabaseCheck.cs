using Fresnel.Engine;
using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Values;

namespace Fresnel.Simulation.Worlds;

/// <summary>Whether a database holds what a replica holds: every document of every table, and in every index exactly the keys that these documents have.</summary>
internal static class DatabaseCheck
{
    /// <summary>Looks at all of it.</summary>
    /// <param name="database">The database.</param>
    /// <param name="replica">What its log says.</param>
    /// <param name="image">What they began with.</param>
    /// <param name="withBallast">Whether to look also at the many documents that nobody changes.</param>
    /// <exception cref="InvalidDataException">It does not.</exception>
    public static async Task CheckAsync(Database database, Replica replica, WorldImage image, bool withBallast)
    {
        using var transaction = database.BeginRead(limits: TransactionLimits.None);
        var snapshot = transaction.Snapshot;
        if (snapshot.Timestamp != replica.Timestamp) throw new InvalidDataException($"The database is at {snapshot.Timestamp}, its log at {replica.Timestamp}.");
        var tables = snapshot.Catalog.Tables.ToDictionary(table => table.Key, _ => new List<Document>());
        foreach (var ((table, id), (json, timestamp)) in replica.Documents)
        {
            // Documents of a table that is gone went with it.
            if (tables.TryGetValue(table, out var documents)) documents.Add(new Document(new(snapshot.Catalog.Find(table)!.Number, id), timestamp, json));
        }

        foreach (var (key, documents) in tables)
        {
            var table = snapshot.Catalog.Find(key)!;
            if (withBallast || table.Name != "ballast") await CheckAsync(transaction, table, documents, image);
        }
    }

    private static async Task CheckAsync(Transaction transaction, Table table, List<Document> documents, WorldImage image)
    {
        var isBallast = table.Name == "ballast";
        var byKey = isBallast ? null : documents.Select(document => (Key: DocumentKey.Of(document.Id), Fields: image.FieldsOf((table.Key, document.Id.InternalId), document))).ToList();
        foreach (var index in table.Indexes)
        {
            var expected = byKey is null ? image.BallastKeys(index) : [.. byKey.Where(one => IsIn(index, one.Key)).Select(one => IndexKey.Encode(one.Fields, index.Fields))];
            if (!isBallast) Array.Sort(expected, static (left, right) => left.AsSpan().SequenceCompareTo(right));
            var tree = transaction.Snapshot.Roots.Find(index.Key) ?? throw new InvalidDataException($"Index {index.Name} of {table.Name} has no tree.");
            var cursor = new TreeCursor(tree, KeyInterval.All, descending: false);
            for (var i = 0; ; i++)
            {
                if (!await MoveNextAsync(cursor, transaction))
                {
                    if (i < expected.Length) throw new InvalidDataException($"Index {index.Name} of {table.Name} lacks {expected.Length - i} keys at its end.");
                    break;
                }

                if (i == expected.Length || !cursor.CopyKey().AsSpan().SequenceEqual(expected[i]))
                    throw new InvalidDataException($"Index {index.Name} ({index.State}) of {table.Name} has {Convert.ToHexStringLower(cursor.CopyKey())} as its entry {i}, where the documents say {(i < expected.Length ? Convert.ToHexStringLower(expected[i]) : "nothing")}.");
            }
        }

        foreach (var document in isBallast ? documents.Take(50) : documents)
        {
            var found = await transaction.GetAsync(table, document.Id.InternalId, CancellationToken.None);
            if (found is null || !found.Json.Span.SequenceEqual(document.Json.Span) || found.Timestamp != document.Timestamp)
                throw new InvalidDataException($"Document {document.Id} of {table.Name} is not what the log says: {found?.Timestamp} instead of {document.Timestamp}.");
        }
    }

    private static async ValueTask<bool> MoveNextAsync(TreeCursor cursor, Transaction transaction)
    {
        while (!cursor.MoveNext())
        {
            if (cursor.Missing is not { } missing) return false;
            await transaction.LoadAsync(missing, CancellationToken.None);
        }

        return true;
    }

    /// <summary>Whether an index has a document: one that is being filled has those up to its cursor.</summary>
    private static bool IsIn(Engine.Tables.Index index, byte[] idKey) =>
        index.State != IndexState.Backfilling || (index.Cursor is { } cursor && idKey.AsSpan().SequenceCompareTo(cursor.Span) <= 0);
}
