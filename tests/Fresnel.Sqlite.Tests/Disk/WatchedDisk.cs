using System.Collections.Concurrent;

namespace Fresnel.Sqlite.Tests.Disk;

/// <summary>The disk below one folder, as SQLite sees it: every write and sync is noted, and any of them can be made to fail.</summary>
/// <remarks>Files of other folders are not touched, so tests beside this one see nothing of it.</remarks>
internal sealed class WatchedDisk : IDisposable
{
    private static readonly ConcurrentDictionary<string, WatchedDisk> Disks = new();

    private readonly Lock _gate = new();
    private readonly string _folder;
    private readonly List<DiskOperation> _operations = [];
    private readonly Dictionary<string, long> _lengths = [];

    public WatchedDisk(string folder)
    {
        WatchingVfs.Register();
        _folder = folder;
        if (!Disks.TryAdd(folder, this)) throw new InvalidOperationException($"The folder {folder} is watched already.");
    }

    /// <summary>How many calls there were, also those that change nothing.</summary>
    public int Calls { get; private set; }

    /// <summary>Asked before each call, with how many there were before; an SQLite error code makes it fail, zero lets it be.</summary>
    public Func<int, DiskCall, int>? Fault { get; set; }

    /// <summary>The bytes that all files together may have; a write beyond finds the disk full.</summary>
    public long Capacity { get; set; } = long.MaxValue;

    /// <summary>Whether operations are kept, for <see cref="PowerLoss"/>.</summary>
    public bool IsRecording { get; set; }

    /// <summary>The bytes that all files have.</summary>
    public long Used
    {
        get
        {
            lock (_gate) return _lengths.Values.Sum();
        }
    }

    /// <summary>What was done so far.</summary>
    public IReadOnlyList<DiskOperation> Operations
    {
        get
        {
            lock (_gate) return [.. _operations];
        }
    }

    public void Dispose() => Disks.TryRemove(_folder, out _);

    /// <summary>The disk that a file is on; null when nobody watches it.</summary>
    public static WatchedDisk? Of(string path) => Disks.GetValueOrDefault(Path.GetDirectoryName(path) ?? "");

    /// <summary>Whether a call may go on to the real disk: zero, or the error it ends with.</summary>
    public int Admit(DiskCall call, string file, long offset, int count)
    {
        lock (_gate)
        {
            if (Fault?.Invoke(Calls++, call) is { } code and not 0) return code;
            var grows = call == DiskCall.Write ? Math.Max(0, offset + count - _lengths.GetValueOrDefault(file)) : 0;
            return grows > 0 && _lengths.Values.Sum() + grows > Capacity ? SQLitePCL.raw.SQLITE_FULL : SQLitePCL.raw.SQLITE_OK;
        }
    }

    /// <summary>Notes what was done.</summary>
    public void Note(DiskCall call, string file, long offset, ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            switch (call)
            {
                case DiskCall.Open:
                    _lengths[file] = offset;
                    break;
                case DiskCall.Write:
                    _lengths[file] = Math.Max(_lengths.GetValueOrDefault(file), offset + bytes.Length);
                    break;
                case DiskCall.Truncate:
                    _lengths[file] = offset;
                    break;
                case DiskCall.Delete:
                    _lengths.Remove(file);
                    break;
            }

            if (IsRecording && call != DiskCall.Read) _operations.Add(new(call, file, offset, bytes.ToArray()));
        }
    }
}
