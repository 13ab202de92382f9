using Fresnel.Engine.Commits;
using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Turns;
using Fresnel.Values;

namespace Fresnel.Engine.Transactions;

/// <content>Waiting in the middle of a run for others who write where it is about to read, and going on from what they left.</content>
public sealed partial class Transaction
{
    /// <summary>Entries of the intervals read so far up to which it is found out whether they stayed as they were. Who has read more runs again.</summary>
    private const int MostCompared = 256;

    /// <summary>Where others stand in line for what is about to be read; null when nobody does, or the snapshot may not move.</summary>
    internal WrittenKey? FindLine(Tables.Index index, KeyInterval interval) =>
        Contender is { } contender && Writes.IsEmpty && !IsSnapshotTold ? contender.FindLine(index.Key, interval) : null;

    /// <inheritdoc cref="FindLine(Tables.Index, KeyInterval)"/>
    internal WrittenKey? FindLine(Tables.Table table, DocumentId id) =>
        Contender is { IsAlone: false } contender && Writes.IsEmpty && !IsSnapshotTold ? contender.FindLine(new WrittenKey(table.ById.Key, DocumentKey.Of(id))) : null;

    /// <summary>Waits for the turn at a key, then moves on to the roots of that moment.</summary>
    /// <exception cref="TurnTakenAnewException">What was read so far has changed meanwhile: it is run again, and has its turn then.</exception>
    internal async ValueTask TakeTurnAsync(WrittenKey line, CancellationToken cancellationToken)
    {
        var newest = await Contender!.TakeTurnAtReadAsync(line, cancellationToken);
        if (newest.Timestamp == Snapshot.Timestamp && newest.Lineage == Snapshot.Lineage) return;

        // What was found in the catalog is held on to by whoever found it: tables, indexes, numbers.
        if (!Writes.IsEmpty || newest.Lineage != Snapshot.Lineage || Reads.HasLookedAhead || !ReferenceEquals(newest.Catalog, Snapshot.Catalog)
            || !SnapshotComparison.IsSame(Reads, Snapshot, newest, MostCompared)) throw Contender.Anew();
        newest.Epoch.Enter();
        Snapshot.Epoch.Leave();
        Snapshot = newest;
        _nextCreationTime = Math.Max(_nextCreationTime, new Timestamp(newest.Timestamp.Nanoseconds + 1).ToMilliseconds());
    }
}
