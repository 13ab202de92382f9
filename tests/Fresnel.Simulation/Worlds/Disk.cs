using Fresnel.Engine.Stores;

namespace Fresnel.Simulation.Worlds;

/// <summary>What outlives the process: the log, the checkpoint's row, and pages, of which those written since the last sync may or may not be there after a crash.</summary>
/// <remarks>It keeps every group of the log, also those that were cut off: so that what happened can be told from the beginning.</remarks>
internal sealed class Disk
{
    private readonly List<ReadOnlyMemory<byte>> _log;
    private readonly Dictionary<long, ReadOnlyMemory<byte>> _synced, _pages;

    /// <summary>Pages that were written, or deleted (no bytes), since the last sync: in order, but a crash does not heed that.</summary>
    private readonly List<(long Number, ReadOnlyMemory<byte> Bytes)> _unsynced = [];
    private ReadOnlyMemory<byte> _checkpoint;
    private long _logStart;

    public Disk() => (_log, _synced, _pages) = ([], [], []);

    private Disk(Disk other)
    {
        (_log, _synced, _pages) = ([.. other._log], new(other._pages), new(other._pages));
        (_checkpoint, _logStart) = (other._checkpoint, other._logStart);
    }

    /// <summary>Every group since the beginning.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Log => _log;

    public StoreHead Head => new(_checkpoint, _logStart, _log.Count);

    /// <summary>Another disk that holds the same, all of it synced.</summary>
    public Disk Copy() => new(this);

    /// <summary>Adds a group; whole, and durable with it what was deleted before.</summary>
    public void Append(ReadOnlyMemory<byte> group)
    {
        _log.Add(group.ToArray());
        foreach (var (number, bytes) in _unsynced)
        {
            if (bytes.IsEmpty) _synced.Remove(number);
        }

        _unsynced.RemoveAll(write => write.Bytes.IsEmpty);
    }

    public IEnumerable<LogRow> ReadLog(long from)
    {
        for (var position = Math.Max(from, _logStart); position < _log.Count; position++) yield return new(position, _log[(int)position]);
    }

    public ReadOnlyMemory<byte> Read(long page) => _pages.GetValueOrDefault(page);

    public void Write(Page page)
    {
        ReadOnlyMemory<byte> bytes = page.Bytes.ToArray();
        _pages[page.Number] = bytes;
        _unsynced.Add((page.Number, bytes));
    }

    public void Delete(long page)
    {
        if (_pages.Remove(page)) _unsynced.Add((page, default));
    }

    public void Sweep(long from)
    {
        foreach (var number in _pages.Keys.Where(number => number >= from).Order().ToArray()) Delete(number);
    }

    /// <summary>Flips to a checkpoint; whole, and everything before is durable with it.</summary>
    public void Flip(ReadOnlyMemory<byte> checkpoint, long logFrom)
    {
        (_checkpoint, _logStart) = (checkpoint.ToArray(), Math.Max(_logStart, logFrom));
        foreach (var (number, bytes) in _unsynced) Put(_synced, number, bytes);
        _unsynced.Clear();
    }

    /// <summary>The power goes: of what was not synced, each write is there, or not, or half.</summary>
    public void LosePower(Random random)
    {
        foreach (var (number, bytes) in _unsynced)
        {
            var chance = random.Next(4);
            if (chance < 2) Put(_synced, number, bytes);
            else if (chance == 2 && !bytes.IsEmpty) Put(_synced, number, bytes[..(bytes.Length / 2)]);
        }

        _unsynced.Clear();
        _pages.Clear();
        foreach (var (number, bytes) in _synced) _pages.Add(number, bytes);
    }

    private static void Put(Dictionary<long, ReadOnlyMemory<byte>> pages, long number, ReadOnlyMemory<byte> bytes)
    {
        if (bytes.IsEmpty) pages.Remove(number);
        else pages[number] = bytes;
    }
}
