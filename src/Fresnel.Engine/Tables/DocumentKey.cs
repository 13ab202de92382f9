using Fresnel.Values;

namespace Fresnel.Engine.Tables;

/// <summary>Keys of <c>by_id</c>: the id as a string. Every secondary key ends in the same bytes, so that its document can be found.</summary>
internal static class DocumentKey
{
    // The tag of a string in front, its terminator behind. An id has no zero byte, so nothing is escaped.
    private const byte StringTag = 0x60, Terminator = 0x01;
    private const int Frame = 3;
    private const int MostCharacters = 37;

    /// <summary>The key of an id.</summary>
    public static byte[] Of(DocumentId id)
    {
        Span<char> text = stackalloc char[MostCharacters];
        var length = id.Format(text);
        var key = new byte[length + Frame];
        key[0] = StringTag;
        for (var i = 0; i < length; i++) key[i + 1] = (byte)text[i];
        key[^1] = Terminator;
        return key;
    }

    /// <summary>The id that a key of <c>by_id</c> holds.</summary>
    public static DocumentId Read(ReadOnlySpan<byte> key)
    {
        Span<char> text = stackalloc char[key.Length - Frame];
        for (var i = 0; i < text.Length; i++) text[i] = (char)key[i + 1];
        return DocumentId.TryParse(text, out var id) ? id : throw new InvalidDataException("A key of by_id does not hold an id.");
    }

    /// <summary>The id that a key of any index ends in.</summary>
    public static DocumentId ReadTail(ReadOnlySpan<byte> key, uint tableNumber) => Read(key[^LengthFor(tableNumber)..]);

    /// <summary>How long all keys of <c>by_id</c> are in a table of this number.</summary>
    public static int LengthFor(uint tableNumber) => Frame + tableNumber switch
    {
        < 1 << 7 => 31,
        < 1 << 14 => 32,
        < 1 << 21 => 34,
        < 1 << 28 => 36,
        _ => 37,
    };
}
