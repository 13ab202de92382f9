using Fresnel.Values;

namespace Fresnel.Engine.Watches;

/// <summary>The watches of one interval. Usually one; but what every query reads, a table's own document for one, is watched by all of them.</summary>
/// <remarks>
/// A watch knows its seat in each bag, so taking one out of a hundred thousand costs what taking out the only one does. An empty seat names the next empty one and is given
/// to who comes next: nobody else need move. The first seat lies in the bag itself.
/// </remarks>
internal abstract class WatchBag
{
    private const int Nowhere = -1;

    private Seat _first;
    private Seat[] _others = [];
    private int _used; // Seats that are or were taken: those before it.
    private int _empty = Nowhere;
    private int _count;

    /// <summary>Gives a watch a seat.</summary>
    /// <param name="watch">The watch.</param>
    /// <param name="number">The number of its interval: where it notes its seat.</param>
    /// <returns>Where it sits; the watch is told if that changes.</returns>
    public int Add(Watch watch, int number)
    {
        _count++;
        var at = _empty;
        if (at != Nowhere) _empty = At(at).Number;
        else if ((at = _used++) > _others.Length) Array.Resize(ref _others, Math.Max(3, _others.Length * 2));
        At(at) = new(watch, number);
        return at;
    }

    /// <summary>Empties a seat. A bag without watches leaves its index.</summary>
    public void Remove(int at)
    {
        At(at) = new(null, _empty);
        _empty = at;
        if (--_count == 0) Leave();
        else if (_used > 16 && _count < _used / 4) MoveTogether();
    }

    /// <summary>Marks the watches that have not read a commit, and adds those that were not stale before.</summary>
    public void Touch(Timestamp timestamp, List<Watch> found)
    {
        for (var at = 0; at < _used; at++)
        {
            if (At(at).Watch is not { StaleSince: null } watch || timestamp <= watch.AsOf) continue;
            watch.MarkStale(timestamp);
            found.Add(watch);
        }
    }

    /// <summary>Takes the empty bag out of its index.</summary>
    protected abstract void Leave();

    private ref Seat At(int at) => ref at == 0 ? ref _first : ref _others[at - 1];

    /// <summary>What many watched once is not gone through for ever: three in four are empty, so this costs those who left nearly nothing.</summary>
    private void MoveTogether()
    {
        var next = 0;
        for (var at = 0; at < _used; at++)
        {
            if (At(at) is not { Watch: { } watch } seat) continue;
            At(next) = seat;
            watch.Seats[seat.Number].Position = next++;
        }

        Array.Resize(ref _others, next);
        (_used, _empty) = (next, Nowhere);
    }

    /// <summary>A watch in a bag, and which of its intervals this is; or no watch, and the next empty seat.</summary>
    private readonly record struct Seat(Watch? Watch, int Number);
}
