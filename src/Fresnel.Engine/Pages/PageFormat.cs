using Fresnel.Engine.Log;
using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Tables;
using Fresnel.Values;

namespace Fresnel.Engine.Pages;

/// <summary>The bytes of a page: one node of a tree, or one large document.</summary>
/// <remarks>
/// <code>
/// page      | number : varint | kind : 1 | what it says | CRC-32C of all before : 4 |
/// keys      | prefix : sized | rest of each key : sized … |
/// 1 branch  | children : varint | page of each child : varint … | keys, one fewer |
/// 2 keys    | entries : varint | keys |                                              a leaf of a secondary index
/// 3 leaf    | entries : varint | keys | document … |                                 a leaf of by_id
///             document: | timestamp : 8 | 0 | JSON : sized |  or, above 4 KiB,  | timestamp : 8 | page : varint |
/// 4 json    | JSON |                                                                 a document's own page
/// </code>
/// Numbers of pages begin at 1 and are never used for anything else while a checkpoint refers to them, so a page that is there is right.
/// Each holds its own, so that one under another's number is found out: the checksum alone would let it pass.
/// </remarks>
internal static class PageFormat
{
    /// <summary>Larger documents have pages of their own, so that a change beside them does not write them again. Bytes.</summary>
    public const int LargeDocument = 4 << 10;

    private const byte BranchKind = 1, KeysKind = 2, LeafKind = 3, JsonKind = 4;

    /// <summary>The page of a node whose children and large documents have theirs.</summary>
    public static ReadOnlyMemory<byte> Write(NodeContent node, long number)
    {
        var page = Begin(number);
        if (node is Branch branch)
        {
            page.Byte(BranchKind);
            page.Varint(branch.Size);
            for (var i = 0; i < branch.Size; i++) page.Varint(branch.ChildAt(i).Page);
            WriteKeys(page, branch);
            return page.Finish();
        }

        var leaf = (Leaf)node;
        page.Byte(leaf.IsKeyOnly ? KeysKind : LeafKind);
        page.Varint(leaf.Count);
        WriteKeys(page, leaf);
        for (var i = 0; i < leaf.Count && !leaf.IsKeyOnly; i++)
        {
            var document = leaf.DocumentAt(i)!;
            page.Int64(document.Timestamp.Nanoseconds);
            page.Varint(document.Page);
            if (document.Page == 0) page.Sized(document.Json.Span);
        }

        return page.Finish();
    }

    /// <summary>The page of a large document.</summary>
    public static ReadOnlyMemory<byte> Write(Document document)
    {
        var page = Begin(document.Page);
        page.Byte(JsonKind);
        page.Bytes(document.Json.Span);
        return page.Finish();
    }

    /// <summary>Reads the page of a node: its children and large documents are on their pages.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static NodeContent Read(ReadOnlyMemory<byte> bytes, long number)
    {
        var page = Verify(bytes, number);
        var kind = page.Byte();
        var count = (int)page.Varint();
        switch (kind)
        {
            case BranchKind:
                var children = new long[count];
                for (var i = 0; i < count; i++) children[i] = page.Varint();
                var (separatorPrefix, separators) = ReadKeys(ref page, count - 1);
                return new Branch(separatorPrefix.Span, separators, children);
            case KeysKind or LeafKind:
                var (prefix, rests) = ReadKeys(ref page, count);
                var leaf = new Leaf(prefix.Span, rests, keyOnly: kind == KeysKind);
                if (kind == LeafKind) ReadDocuments(ref page, leaf);
                return leaf;
            default:
                throw new InvalidDataException("A page is of an unknown kind.");
        }
    }

    /// <summary>Reads the page of a large document.</summary>
    public static ReadOnlyMemory<byte> ReadJson(ReadOnlyMemory<byte> bytes, long number)
    {
        var page = Verify(bytes, number);
        return page.Byte() == JsonKind ? page.Rest : throw new InvalidDataException("A page should hold a document and does not.");
    }

    private static void WriteKeys(ByteWriter page, KeyBlock keys)
    {
        page.Sized(keys.Prefix);
        for (var i = 0; i < keys.Count; i++) page.Sized(keys.Rest(i));
    }

    private static (ReadOnlyMemory<byte> Prefix, ReadOnlyMemory<byte>[] Rests) ReadKeys(ref ByteReader page, int count)
    {
        var prefix = page.Sized();
        var rests = new ReadOnlyMemory<byte>[count];
        for (var i = 0; i < count; i++) rests[i] = page.Sized();
        return (prefix, rests);
    }

    private static void ReadDocuments(ref ByteReader page, Leaf leaf)
    {
        for (var i = 0; i < leaf.Count; i++)
        {
            var timestamp = new Timestamp(page.Int64());
            var own = page.Varint();
            // Copied, so that a document does not keep the whole page in memory.
            var json = own == 0 ? page.Sized().ToArray() : default(ReadOnlyMemory<byte>);
            leaf.Replace(i, new(DocumentKey.Read(leaf.CopyKey(i)), timestamp, json) { Page = own });
        }
    }

    private static ByteWriter Begin(long number)
    {
        var page = new ByteWriter();
        page.Varint(number);
        return page;
    }

    private static ByteReader Verify(ReadOnlyMemory<byte> bytes, long number)
    {
        if (bytes.IsEmpty) throw new InvalidDataException("It is not there.");
        var page = new ByteReader(Crc32C.Verify(bytes, "A page"));
        return page.Varint() is var found && found == number ? page : throw new InvalidDataException($"Page {found} is in its place.");
    }
}
