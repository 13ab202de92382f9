using Fresnel.Engine.Commits;
using Fresnel.Engine.Pages;
using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Tables;
using Fresnel.Values;

namespace Fresnel.Engine.Log;

/// <summary>Applies groups of the log to roots, by the same steps as the committer.</summary>
internal sealed class Replay(PendingState state, KeyAllocator keys, NodeCache nodes)
{
    /// <summary>Applies a group; returns the timestamp of its last commit.</summary>
    /// <exception cref="InvalidDataException">The bytes are damaged, or do not belong to these roots.</exception>
    public async ValueTask<Timestamp> ApplyAsync(ReadOnlyMemory<byte> group, CancellationToken cancellationToken)
    {
        var last = Timestamp.Zero;
        foreach (var commit in LogFormat.Read(group))
        {
            foreach (var write in commit.Writes) await ApplyAsync(commit.Timestamp, write, cancellationToken);
            last = commit.Timestamp;
        }

        return last;
    }

    private async ValueTask ApplyAsync(Timestamp timestamp, LoggedWrite write, CancellationToken cancellationToken)
    {
        var table = state.Catalog.Find(write.Table) ?? throw new InvalidDataException($"The commit log writes to table {write.Table.Number}, which is not there.");
        var id = new DocumentId(table.Number, write.Id);
        var idKey = DocumentKey.Of(id);
        Document? before;
        while (true)
        {
            before = state.Find(table, idKey, out var missing);
            if (missing is null) break;
            await nodes.LoadAsync(missing, timestamp, cancellationToken);
        }

        var after = write.IsDelete ? null : new Document(id, Timestamp.Zero, write.Json(before?.Json ?? default));
        if (after is not null && table.Key == CatalogTables.Tables.Key)
        {
            foreach (var index in TableDocument.Read(after).Indexes) keys.Saw(index.Key.Number);
        }
        else if (after is not null && table.Key == CatalogTables.Indexes.Key) keys.Saw(IndexDocument.Read(after).Key.Number);

        var prepared = PreparedWrite.Make(table, id, idKey, before?.WithFields(), after);
        while (state.FindMissing(prepared) is { } missing) await nodes.LoadAsync(missing, timestamp, cancellationToken);
        state.Apply(timestamp, prepared);
    }
}
