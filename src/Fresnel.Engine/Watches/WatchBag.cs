namespace Fresnel.Engine.Watches;

/// <summary>The watches of one interval. Usually one; but what every query reads, a table's own document for one, is watched by all of them.</summary>
/// <remarks>A watch knows its seat in each bag and a seat knows its watch, so taking one out of a hundred thousand costs what taking out the only one does.</remarks>
internal abstract class WatchBag
{
    private Seat[] _seats = new Seat[1];
    private int _count;

    public bool IsEmpty => _count == 0;

    public ReadOnlySpan<Seat> Seats => _seats.AsSpan(0, _count);

    /// <summary>Gives a watch a seat.</summary>
    /// <param name="watch">The watch.</param>
    /// <param name="number">The number of its interval: where it notes its seat.</param>
    /// <returns>Where it sits, until <see cref="Remove"/> says otherwise.</returns>
    public int Add(Watch watch, int number)
    {
        if (_count == _seats.Length) Array.Resize(ref _seats, _count * 2);
        _seats[_count] = new(watch, number);
        return _count++;
    }

    /// <summary>Empties a seat; the watch in the last one moves there. A bag without watches leaves its index.</summary>
    public void Remove(int at)
    {
        var last = _seats[--_count];
        _seats[_count] = default;
        if (at < _count)
        {
            _seats[at] = last;
            last.Watch.Seats[last.Number].Position = at;
        }

        // What many watched once is not kept large for ever.
        if (_count > 8 && _count < _seats.Length / 4) Array.Resize(ref _seats, _seats.Length / 2);
        if (_count == 0) Leave();
    }

    /// <summary>Takes the empty bag out of its index.</summary>
    protected abstract void Leave();

    /// <summary>A watch in a bag, and which of its intervals this is.</summary>
    internal readonly record struct Seat(Watch Watch, int Number);
}
