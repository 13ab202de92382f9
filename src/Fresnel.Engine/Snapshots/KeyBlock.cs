using System.Buffers.Binary;

namespace Fresnel.Engine.Snapshots;

/// <summary>Sorted keys in one buffer, with the prefix that all of them share cut off and kept once.</summary>
/// <remarks>
/// <code>
///   _bytes   | shared prefix | rest of key 0 | rest of key 1 | … | slack |
///            0               _prefix         _ends[0]        _ends[1]
///   _heads   the first 8 bytes of each rest, big endian, zero-filled: most comparisons end there and never touch the buffer
/// </code>
/// A zero that fills a head sorts like the end of a key, and equal heads are settled by the bytes, so the order is exact.
/// </remarks>
internal class KeyBlock
{
    /// <summary>This object and its three arrays, beside what is in them.</summary>
    private const int ArraysOverhead = 128;

    private byte[] _bytes;
    private int _prefix;
    private int[] _ends;
    private ulong[] _heads;
    private bool _isShared; // True while the arrays belong to a sealed block too.

    public KeyBlock()
    {
        _bytes = [];
        _ends = [];
        _heads = [];
    }

    /// <summary>The same keys as a sealed block's. The arrays are shared until a key comes or goes: most copies only replace a document or a child.</summary>
    protected KeyBlock(KeyBlock source)
    {
        (_bytes, _ends, _heads, _prefix, Count) = (source._bytes, source._ends, source._heads, source._prefix, source.Count);
        _isShared = true;
    }

    /// <summary>Some neighbouring keys of another block, with room to grow and the longest prefix that they share.</summary>
    protected KeyBlock(KeyBlock source, int from, int count) : this()
    {
        if (count == 0) return;
        // The keys are sorted, so what the first and the last share, all share.
        var cut = source.Rest(from).CommonPrefixLength(source.Rest(from + count - 1));
        var start = from == 0 ? source._prefix : source._ends[from - 1];
        var bytes = source._prefix + cut + (source._ends[from + count - 1] - start - cut * count);
        Reserve(count + Slack(count), bytes + Slack(bytes));
        _prefix = source._prefix + cut;
        Count = count;
        source.Prefix.CopyTo(_bytes);
        source.Rest(from)[..cut].CopyTo(_bytes.AsSpan(source._prefix));
        var end = _prefix;
        for (var i = 0; i < count; i++)
        {
            var rest = source.Rest(from + i)[cut..];
            rest.CopyTo(_bytes.AsSpan(end));
            _ends[i] = end += rest.Length;
            _heads[i] = HeadOf(rest);
        }
    }

    /// <summary>Keys that all begin with the prefix, given their rests in order: how a page is read. No room to grow.</summary>
    protected KeyBlock(ReadOnlySpan<byte> prefix, IReadOnlyList<ReadOnlyMemory<byte>> rests) : this()
    {
        var bytes = prefix.Length;
        for (var i = 0; i < rests.Count; i++) bytes += rests[i].Length;
        Reserve(rests.Count, bytes);
        _prefix = prefix.Length;
        Count = rests.Count;
        prefix.CopyTo(_bytes);
        var end = prefix.Length;
        for (var i = 0; i < rests.Count; i++)
        {
            rests[i].Span.CopyTo(_bytes.AsSpan(end));
            _ends[i] = end += rests[i].Length;
            _heads[i] = HeadOf(rests[i].Span);
        }
    }

    /// <summary>How many keys there are.</summary>
    public int Count { get; private set; }

    /// <summary>The memory that the keys take, room to grow included. Bytes.</summary>
    public int KeyBytes => ArraysOverhead + _bytes.Length + _ends.Length * (sizeof(int) + sizeof(ulong));

    private int ByteCount => Count == 0 ? 0 : _ends[Count - 1];

    /// <summary>What every key begins with.</summary>
    public ReadOnlySpan<byte> Prefix => _bytes.AsSpan(0, _prefix);

    /// <summary>What follows the shared prefix in a key.</summary>
    public ReadOnlySpan<byte> Rest(int at)
    {
        var start = at == 0 ? _prefix : _ends[at - 1];
        return _bytes.AsSpan(start, _ends[at] - start);
    }

    /// <summary>The length of a whole key.</summary>
    public int LengthOf(int at) => _prefix + _ends[at] - (at == 0 ? _prefix : _ends[at - 1]);

    /// <summary>A copy of a whole key.</summary>
    public byte[] CopyKey(int at)
    {
        var key = new byte[LengthOf(at)];
        CopyTo(at, key);
        return key;
    }

    /// <summary>Copies a whole key into a buffer that has room for it.</summary>
    public void CopyTo(int at, Span<byte> key)
    {
        Prefix.CopyTo(key);
        Rest(at).CopyTo(key[_prefix..]);
    }

    /// <summary>Copies the last bytes of a key.</summary>
    public void CopyTail(int at, Span<byte> tail)
    {
        var rest = Rest(at);
        if (rest.Length >= tail.Length)
        {
            rest[^tail.Length..].CopyTo(tail);
            return;
        }

        var fromPrefix = tail.Length - rest.Length;
        Prefix[^fromPrefix..].CopyTo(tail);
        rest.CopyTo(tail[fromPrefix..]);
    }

    /// <summary>The order of a key of the block against another key.</summary>
    public int Compare(int at, ReadOnlySpan<byte> key)
    {
        if (key.Length < _prefix) return Prefix.SequenceCompareTo(key);
        var order = Prefix.SequenceCompareTo(key[.._prefix]);
        return order != 0 ? order : Rest(at).SequenceCompareTo(key[_prefix..]);
    }

    /// <summary>The place of the first key that is not less than this one, and whether it is equal.</summary>
    public int Find(ReadOnlySpan<byte> key, out bool found)
    {
        found = false;
        if (Count == 0) return 0;
        var order = key.Length < _prefix ? -Prefix.SequenceCompareTo(key) : key[.._prefix].SequenceCompareTo(Prefix);
        if (order != 0) return order < 0 ? 0 : Count;

        var rest = key[_prefix..];
        var head = HeadOf(rest);
        int low = 0, high = Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            var other = _heads[middle];
            order = other != head ? other.CompareTo(head) : Rest(middle).SequenceCompareTo(rest);
            if (order < 0) low = middle + 1;
            else
            {
                high = middle;
                found |= order == 0;
            }
        }

        return low;
    }

    /// <summary>How many keys are less than or equal to this one.</summary>
    public int CountUpTo(ReadOnlySpan<byte> key)
    {
        var at = Find(key, out var found);
        return found ? at + 1 : at;
    }

    /// <summary>Puts a key in its place. The caller owns the block.</summary>
    protected void InsertKey(int at, ReadOnlySpan<byte> key)
    {
        Unshare();
        if (Count == 0)
        {
            EnsureRoom(1, key.Length);
            key.CopyTo(_bytes);
            _prefix = key.Length;
            _ends[0] = key.Length;
            _heads[0] = 0;
            Count = 1;
            return;
        }

        var common = key.CommonPrefixLength(Prefix);
        if (common < _prefix) ShortenPrefix(common);
        var rest = key[_prefix..];
        EnsureRoom(Count + 1, ByteCount + rest.Length);

        var start = at == 0 ? _prefix : _ends[at - 1];
        var end = ByteCount;
        _bytes.AsSpan(start, end - start).CopyTo(_bytes.AsSpan(start + rest.Length));
        rest.CopyTo(_bytes.AsSpan(start));
        _ends.AsSpan(at, Count - at).CopyTo(_ends.AsSpan(at + 1));
        _heads.AsSpan(at, Count - at).CopyTo(_heads.AsSpan(at + 1));
        Count++;
        _heads[at] = HeadOf(rest);
        _ends[at] = start + rest.Length;
        for (var i = at + 1; i < Count; i++) _ends[i] += rest.Length;
    }

    /// <summary>Takes a key out. The caller owns the block.</summary>
    protected void RemoveKey(int at)
    {
        Unshare();
        var start = at == 0 ? _prefix : _ends[at - 1];
        var length = _ends[at] - start;
        _bytes.AsSpan(_ends[at], ByteCount - _ends[at]).CopyTo(_bytes.AsSpan(start));
        for (var i = at + 1; i < Count; i++)
        {
            _ends[i - 1] = _ends[i] - length;
            _heads[i - 1] = _heads[i];
        }

        Count--;
        if (Count == 0) _prefix = 0;
    }

    private void ShortenPrefix(int length)
    {
        var returned = _prefix - length;
        var shorter = new byte[ByteCount + returned * (Count - 1) + Slack(ByteCount)];
        _bytes.AsSpan(0, length).CopyTo(shorter);
        int start = _prefix, end = length;
        for (var i = 0; i < Count; i++)
        {
            var rest = _bytes.AsSpan(start, _ends[i] - start);
            start = _ends[i];
            var longer = shorter.AsSpan(end, returned + rest.Length);
            _bytes.AsSpan(length, returned).CopyTo(longer);
            rest.CopyTo(longer[returned..]);
            end += longer.Length;
            _heads[i] = HeadOf(longer);
            _ends[i] = end;
        }

        _bytes = shorter;
        _prefix = length;
    }

    private void Unshare()
    {
        if (!_isShared) return;
        _isShared = false;
        var (bytes, ends, heads) = (_bytes, _ends, _heads);
        Reserve(Count + Slack(Count), ByteCount + Slack(ByteCount));
        bytes.AsSpan(0, Count == 0 ? 0 : ends[Count - 1]).CopyTo(_bytes);
        ends.AsSpan(0, Count).CopyTo(_ends);
        heads.AsSpan(0, Count).CopyTo(_heads);
    }

    private void Reserve(int entries, int bytes)
    {
        _bytes = new byte[bytes];
        _ends = new int[entries];
        _heads = new ulong[entries];
    }

    private void EnsureRoom(int entries, int bytes)
    {
        if (_ends.Length < entries)
        {
            Array.Resize(ref _ends, entries + Slack(entries));
            Array.Resize(ref _heads, entries + Slack(entries));
        }

        if (_bytes.Length < bytes) Array.Resize(ref _bytes, bytes + Slack(bytes));
    }

    private static int Slack(int used) => used / 4 + 4;

    private static ulong HeadOf(ReadOnlySpan<byte> rest)
    {
        if (rest.Length >= 8) return BinaryPrimitives.ReadUInt64BigEndian(rest);
        Span<byte> head = stackalloc byte[8];
        head.Clear();
        rest.CopyTo(head);
        return BinaryPrimitives.ReadUInt64BigEndian(head);
    }
}
