namespace Fresnel.Sqlite.Tests.Disk;

/// <summary>What SQLite asks of the disk.</summary>
internal enum DiskCall
{
    Open,
    Read,
    Write,
    Truncate,
    Sync,
    Delete,
}

/// <summary>One thing that SQLite did to a file; what changes nothing is not kept.</summary>
/// <param name="Call">What it did.</param>
/// <param name="File">The name of the file in its folder.</param>
/// <param name="Offset">Where it wrote; how long the file is after a truncation.</param>
/// <param name="Bytes">What it wrote.</param>
internal sealed record DiskOperation(DiskCall Call, string File, long Offset, byte[] Bytes);
