using System.Diagnostics.CodeAnalysis;
using Fresnel.Engine.Tables;

namespace Fresnel.Engine.Commits;

/// <summary>The keys that were written in one index lately, oldest first. It grows at its end and is cut at both.</summary>
/// <remarks>Blocks of plain bytes: however many keys there are, the garbage collector has nothing to follow in them.</remarks>
internal sealed class KeyLog(Table table)
{
    private readonly List<Block> _blocks = [new(Block.LeastEntries, Block.LeastBytes)];

    /// <summary>The table as it was when its first key came.</summary>
    public Table Table => table;

    /// <summary>Whether there is nothing in it.</summary>
    public bool IsEmpty => _blocks is [{ Count: 0 }];

    /// <summary>Adds a key behind all others; returns the bytes that it takes.</summary>
    public int Add(long timestamp, ReadOnlySpan<byte> key)
    {
        var last = _blocks[^1];
        if (!last.HasRoom(key.Length))
        {
            last = last.Larger(key.Length);
            if (_blocks[^1].Count == 0) _blocks[^1] = last;
            else _blocks.Add(last);
        }

        last.Add(timestamp, key);
        return key.Length + Block.EntryBytes;
    }

    /// <summary>Goes back through the keys that were written after a timestamp, the newest first.</summary>
    public Backwards After(long timestamp) => new(_blocks, timestamp);

    /// <summary>Takes out what was written at or before a timestamp; returns the bytes that it took.</summary>
    /// <param name="timestamp">The timestamp.</param>
    /// <param name="newest">The last of those that were taken out; stays when there are none.</param>
    public long RemoveThrough(long timestamp, ref long newest)
    {
        var removed = 0L;
        var gone = 0;
        foreach (var block in _blocks)
        {
            removed += block.RemoveThrough(timestamp, ref newest);
            if (block.Count > 0) break;
            gone++;
        }

        Drop(0, gone);
        return removed;
    }

    /// <summary>Takes out what was written after a timestamp; returns the bytes that it took.</summary>
    public long RemoveAfter(long timestamp)
    {
        var removed = 0L;
        var kept = _blocks.Count;
        for (; kept > 0; kept--)
        {
            var block = _blocks[kept - 1];
            removed += block.RemoveAfter(timestamp);
            if (block.Count > 0) break;
        }

        Drop(kept, _blocks.Count - kept);
        return removed;
    }

    /// <summary>Drops empty blocks; one always stays.</summary>
    private void Drop(int from, int count)
    {
        _blocks.RemoveRange(from, count);
        if (_blocks.Count == 0) _blocks.Add(new(Block.LeastEntries, Block.LeastBytes));
    }

    /// <summary>A way back through a log, from its end.</summary>
    internal ref struct Backwards(List<Block> blocks, long after)
    {
        private int _block = blocks.Count;
        private int _at;
        private Block? _current;

        /// <summary>When the current key was written.</summary>
        public readonly long Timestamp => _current!.TimestampAt(_at);

        /// <summary>The current key.</summary>
        public readonly ReadOnlySpan<byte> Key => _current!.KeyAt(_at);

        /// <summary>Goes to the next older key; false when there is none after the timestamp.</summary>
        [MemberNotNullWhen(true, nameof(_current))]
        public bool MoveNext()
        {
            while (--_at < (_current?.First ?? 0))
            {
                if (_block == 0) return false;
                _current = blocks[--_block];
                _at = _current.End;
            }

            return _current!.TimestampAt(_at) > after;
        }
    }

    /// <summary>Some keys in a row, one behind the other in one array.</summary>
    internal sealed class Block(int entries, int bytes)
    {
        public const int LeastEntries = 16, LeastBytes = 512, EntryBytes = 16;
        private const int MostEntries = 2_048, MostBytes = 64 << 10;

        private readonly Entry[] _entries = new Entry[entries];
        private readonly byte[] _bytes = new byte[bytes];

        /// <summary>The first entry that was not taken out.</summary>
        public int First { get; private set; }

        /// <summary>One behind the last.</summary>
        public int End { get; private set; }

        public int Count => End - First;

        private int Used => End == 0 ? 0 : _entries[End - 1].End;

        /// <summary>Bytes of the entries that were not taken out.</summary>
        private int Taken => Count == 0 ? 0 : Used - (First == 0 ? 0 : _entries[First - 1].End) + Count * EntryBytes;

        public long TimestampAt(int at) => _entries[at].Timestamp;

        public ReadOnlySpan<byte> KeyAt(int at)
        {
            var start = at == 0 ? 0 : _entries[at - 1].End;
            return _bytes.AsSpan(start, _entries[at].End - start);
        }

        public bool HasRoom(int length) => End < _entries.Length && Used + length <= _bytes.Length;

        /// <summary>An empty block to go on with: twice as large up to a bound, and large enough for a key.</summary>
        public Block Larger(int length) => new(Math.Min(MostEntries, _entries.Length * 2), Math.Max(length, Math.Min(MostBytes, _bytes.Length * 2)));

        public void Add(long timestamp, ReadOnlySpan<byte> key)
        {
            var start = Used;
            key.CopyTo(_bytes.AsSpan(start));
            _entries[End++] = new(timestamp, start + key.Length);
        }

        public int RemoveThrough(long timestamp, ref long newest)
        {
            var before = Taken;
            while (First < End && _entries[First].Timestamp <= timestamp) newest = Math.Max(newest, _entries[First++].Timestamp);
            return before - Taken;
        }

        public int RemoveAfter(long timestamp)
        {
            var before = Taken;
            while (End > First && _entries[End - 1].Timestamp > timestamp) End--;
            return before - Taken;
        }

        /// <summary>When a key was written, and where it ends; it begins where the one before ends.</summary>
        private readonly record struct Entry(long Timestamp, int End);
    }
}
