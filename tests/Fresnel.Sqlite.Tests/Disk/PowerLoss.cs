namespace Fresnel.Sqlite.Tests.Disk;

/// <summary>What a power cut may leave of the files: all that was synced, and of the writes since then any, in any order, one of them torn.</summary>
/// <remarks>
/// A write is torn at the border of a sector, or in the middle of one whose rest is noise, but never outside of what was written: SQLite counts on that
/// of every disk (<c>SQLITE_IOCAP_POWERSAFE_OVERWRITE</c>).
/// </remarks>
internal sealed class PowerLoss(IReadOnlyList<DiskOperation> operations)
{
    private const int Sector = 512;

    private readonly Dictionary<string, DiskFile> _files = [];

    /// <summary>How many operations are before the cut.</summary>
    public int Cut { get; private set; }

    /// <summary>Whether syncs count; a test of the test says no.</summary>
    public bool HonoursSyncs { get; init; } = true;

    /// <summary>Goes on to a later cut.</summary>
    public void MoveTo(int cut)
    {
        for (; Cut < cut; Cut++) Apply(operations[Cut]);
    }

    /// <summary>Writes what is left into a folder.</summary>
    /// <param name="folder">It must be empty.</param>
    /// <param name="random">Says what of the writes that were not synced is left.</param>
    public void Write(string folder, Random random)
    {
        foreach (var (name, file) in _files)
        {
            if (file.Left(random) is { } bytes) File.WriteAllBytes(Path.Combine(folder, name), bytes);
        }
    }

    private void Apply(DiskOperation operation)
    {
        if (!_files.TryGetValue(operation.File, out var file)) _files.Add(operation.File, file = new());
        switch (operation.Call)
        {
            case DiskCall.Open:
                // SQLite syncs the folder with the first sync of a journal or log that it opened.
                file.SyncsFolder = operation.File.Contains('-', StringComparison.Ordinal);
                break;
            case DiskCall.Sync when HonoursSyncs:
                file.Sync();
                if (file.SyncsFolder) SyncFolder();
                file.SyncsFolder = false;
                break;
            case DiskCall.Sync:
                break;
            default:
                file.Since.Add(operation);
                if (operation is { Call: DiskCall.Delete, Offset: 1 } && HonoursSyncs) SyncFolder();
                break;
        }
    }

    /// <summary>What was deleted is deleted for good.</summary>
    private void SyncFolder()
    {
        foreach (var file in _files.Values) file.SyncThrough(file.Since.FindLastIndex(operation => operation.Call == DiskCall.Delete) + 1);
    }

    private sealed class DiskFile
    {
        /// <summary>What is there for good; null when nothing is.</summary>
        private byte[]? _synced;

        public List<DiskOperation> Since { get; } = [];

        public bool SyncsFolder { get; set; }

        public void Sync() => SyncThrough(Since.Count);

        public void SyncThrough(int count)
        {
            foreach (var operation in Since.Take(count)) Do(ref _synced, operation, operation.Bytes);
            Since.RemoveRange(0, count);
        }

        public byte[]? Left(Random random)
        {
            var left = _synced?.ToArray();
            // All, none, a beginning whose end is torn, or any of them with one torn.
            var kind = random.Next(4);
            var (end, torn) = (kind == 2 ? random.Next(Since.Count + 1) : Since.Count, random.Next(Since.Count + 1));
            for (var i = 0; i < end && kind != 1; i++)
            {
                if (kind == 3 && random.Next(2) == 0) continue;
                Do(ref left, Since[i], kind == 3 && i == torn || kind == 2 && i == end - 1 ? Tear(Since[i].Bytes, random) : Since[i].Bytes);
            }

            return left;
        }

        private static void Do(ref byte[]? bytes, DiskOperation operation, byte[] written)
        {
            switch (operation.Call)
            {
                case DiskCall.Delete:
                    bytes = null;
                    break;
                case DiskCall.Truncate:
                    if (bytes is not null && bytes.Length > operation.Offset) Array.Resize(ref bytes, (int)operation.Offset);
                    break;
                case DiskCall.Write:
                    var end = (int)operation.Offset + written.Length;
                    bytes ??= [];
                    if (bytes.Length < end) Array.Resize(ref bytes, end);
                    written.CopyTo(bytes, operation.Offset);
                    break;
            }
        }

        private static byte[] Tear(byte[] bytes, Random random)
        {
            var whole = random.Next(bytes.Length / Sector + 1) * Sector;
            if (random.Next(2) == 0) return bytes[..whole];
            var noise = new byte[Math.Min(Sector, bytes.Length - whole)];
            random.NextBytes(noise);
            return [.. bytes[..whole], .. noise];
        }
    }
}
