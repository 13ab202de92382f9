using Fresnel.Engine.Log;
using Fresnel.Engine.Tables;
using Fresnel.Values;

namespace Fresnel.Engine.Pages;

/// <summary>The one row that a checkpoint flips: everything that start-up needs to find the rest.</summary>
/// <remarks>
/// <code>
/// row   | format = 3 : 1 | timestamp : 8 | log position : 8 | next page : 8 | last key : varint | roots : varint | root … | freed : varint | page … | CRC-32C : 4 |
/// root  | index : varint | keys only : 1 | entries : varint | page : varint |
/// page  | how much greater it is than the one before : varint |
/// </code>
/// </remarks>
/// <param name="Timestamp">The last commit that is in it.</param>
/// <param name="LogFrom">The first group of the log that is not.</param>
/// <param name="NextPage">Pages from this number on belong to no checkpoint.</param>
/// <param name="LastKey">The greatest identity of a table or index that was handed out.</param>
/// <param name="Roots">The tree of each index.</param>
/// <param name="Freed">Pages that older snapshots may still need when it is written; the next process deletes them. In ascending order.</param>
internal sealed record CheckpointRow(Timestamp Timestamp, long LogFrom, long NextPage, int LastKey, IReadOnlyList<CheckpointRoot> Roots, IReadOnlyList<long> Freed)
{
    private const byte Format = 3;

    public ReadOnlyMemory<byte> Write()
    {
        var row = new ByteWriter();
        row.Byte(Format);
        row.Int64(Timestamp.Nanoseconds);
        row.Int64(LogFrom);
        row.Int64(NextPage);
        row.Varint(LastKey);
        row.Varint(Roots.Count);
        foreach (var root in Roots)
        {
            row.Varint(root.Index.Number);
            row.Byte(root.KeyOnly ? (byte)1 : (byte)0);
            row.Varint(root.Count);
            row.Varint(root.Page);
        }

        row.Varint(Freed.Count);
        for (var i = 0; i < Freed.Count; i++) row.Varint(Freed[i] - (i == 0 ? 0 : Freed[i - 1]));
        return row.Finish();
    }

    /// <exception cref="InvalidDataException">It is damaged or of another format.</exception>
    public static CheckpointRow Read(ReadOnlyMemory<byte> bytes)
    {
        var row = new ByteReader(Crc32C.Verify(bytes, "The checkpoint's row"));
        if (row.Byte() != Format) throw new InvalidDataException("The checkpoint is of another format; another version of Fresnel wrote it.");
        var (timestamp, logFrom, nextPage, lastKey) = (new Timestamp(row.Int64()), row.Int64(), row.Int64(), (int)row.Varint());
        var roots = new CheckpointRoot[checked((int)row.Varint())];
        for (var i = 0; i < roots.Length; i++) roots[i] = new(new((int)row.Varint()), row.Byte() == 1, row.Varint(), row.Varint());
        var freed = new long[checked((int)row.Varint())];
        for (var i = 0; i < freed.Length; i++) freed[i] = row.Varint() + (i == 0 ? 0 : freed[i - 1]);
        return new(timestamp, logFrom, nextPage, lastKey, roots, freed);
    }
}

/// <summary>The root of one index's tree.</summary>
internal readonly record struct CheckpointRoot(IndexKeyId Index, bool KeyOnly, long Count, long Page);
