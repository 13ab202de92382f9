using Fresnel.Engine.Tables;
using Fresnel.Values;

namespace Fresnel.Engine.Log;

/// <summary>The bytes of a group in the log: the commits that became durable together.</summary>
/// <remarks>
/// <code>
/// group    | format = 1 : 1 | commit … | CRC-32C of all before : 4 |
/// commit   | timestamp : 8 | number of writes : varint | write … |
/// write    | table : varint | internal id : 16 | kind : 1 | what it says |
///            kind 0  delete     nothing
///            kind 1  whole      | length : varint | canonical JSON |
///            kind 2  splice     | prefix : varint | suffix : varint | length : varint | middle |
///                               the version before, with all between its first prefix and its last suffix bytes replaced by middle
/// </code>
/// Numbers are little endian. Writes to the catalog tables come first in a commit, so that a table is known before its documents are.
/// Whoever reads the log holds the version before, so a splice needs no more; a reply that grows by patches costs what was added.
/// </remarks>
internal static class LogFormat
{
    private const byte Format = 1, Delete = 0, Whole = 1, Splice = 2;

    /// <summary>A splice is chosen when it saves at least this many bytes.</summary>
    private const int WorthSplicing = 16;

    /// <summary>Begins a group.</summary>
    public static void Begin(ByteWriter group) => group.Byte(Format);

    /// <summary>Appends one write.</summary>
    public static void WriteTo(ByteWriter output, TableKey table, InternalId id, ReadOnlySpan<byte> before, Document? after)
    {
        output.Varint(table.Number);
        Span<byte> bytes = stackalloc byte[InternalId.Length];
        id.Write(bytes);
        output.Bytes(bytes);
        if (after is null)
        {
            output.Byte(Delete);
            return;
        }

        var json = after.Json.Span;
        var prefix = before.CommonPrefixLength(json);
        var suffix = CommonSuffixLength(before[prefix..], json[prefix..]);
        if (prefix + suffix < WorthSplicing)
        {
            output.Byte(Whole);
            output.Sized(json);
            return;
        }

        output.Byte(Splice);
        output.Varint(prefix);
        output.Varint(suffix);
        output.Sized(json[prefix..^suffix]);
    }

    /// <summary>Reads a group: its commits, each with its writes, oldest first.</summary>
    /// <exception cref="InvalidDataException">The bytes are damaged or of another format.</exception>
    public static IEnumerable<LoggedCommit> Read(ReadOnlyMemory<byte> group)
    {
        var reader = new ByteReader(Crc32C.Verify(group, "A row of the commit log"));
        if (reader.Byte() != Format) throw new InvalidDataException("The commit log is of another format; a newer version may have written it.");
        var commits = new List<LoggedCommit>();
        while (!reader.AtEnd)
        {
            var timestamp = new Timestamp(reader.Int64());
            var writes = new LoggedWrite[checked((int)reader.Varint())];
            for (var i = 0; i < writes.Length; i++) writes[i] = ReadWrite(ref reader);
            commits.Add(new(timestamp, writes));
        }

        return commits;
    }

    private static LoggedWrite ReadWrite(ref ByteReader reader)
    {
        var table = new TableKey((int)reader.Varint());
        var id = InternalId.Read(reader.Bytes(InternalId.Length).Span);
        return reader.Byte() switch
        {
            Delete => new(table, id, IsDelete: true, 0, 0, default),
            // Copied, so that a document does not keep the whole row in memory.
            Whole => new(table, id, IsDelete: false, 0, 0, reader.Sized().ToArray()),
            Splice => new(table, id, IsDelete: false, (int)reader.Varint(), (int)reader.Varint(), reader.Sized()),
            _ => throw new InvalidDataException("The commit log holds a write of an unknown kind."),
        };
    }

    private static int CommonSuffixLength(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var length = Math.Min(left.Length, right.Length);
        var same = 0;
        while (same < length && left[^(same + 1)] == right[^(same + 1)]) same++;
        return same;
    }
}

/// <summary>A commit as the log tells it.</summary>
internal sealed record LoggedCommit(Timestamp Timestamp, LoggedWrite[] Writes);

/// <summary>A write as the log tells it.</summary>
/// <param name="Table">The table.</param>
/// <param name="Id">The document.</param>
/// <param name="IsDelete">Whether it goes.</param>
/// <param name="Prefix">Bytes kept from the beginning of the version before.</param>
/// <param name="Suffix">Bytes kept from its end.</param>
/// <param name="Middle">What stands between; with neither prefix nor suffix the whole version.</param>
internal readonly record struct LoggedWrite(TableKey Table, InternalId Id, bool IsDelete, int Prefix, int Suffix, ReadOnlyMemory<byte> Middle)
{
    /// <summary>The version that it makes.</summary>
    public ReadOnlyMemory<byte> Json(ReadOnlyMemory<byte> before) =>
        Prefix + Suffix == 0 ? Middle
        : Prefix + Suffix <= before.Length ? (byte[])[.. before.Span[..Prefix], .. Middle.Span, .. before.Span[^Suffix..]]
        : throw new InvalidDataException("The commit log splices more than there is.");
}
