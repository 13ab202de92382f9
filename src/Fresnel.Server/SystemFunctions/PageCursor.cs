using System.Buffers.Binary;
using System.Buffers.Text;
using Fresnel.Values;

namespace Fresnel.Server.SystemFunctions;

/// <summary>A place between two documents of a table: after a key of an index, seen from the direction of reading.</summary>
/// <remarks>It carries the table's number and the direction, so that it fits no other query. It may be forged: it grants an admin nothing more.</remarks>
internal static class PageCursor
{
    /// <summary>After the last document.</summary>
    public const string End = "end";

    private const int HeadBytes = 5;

    /// <summary>Writes one.</summary>
    public static string Write(uint tableNumber, bool isDescending, ReadOnlySpan<byte> key)
    {
        var bytes = new byte[HeadBytes + key.Length];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, tableNumber);
        bytes[4] = isDescending ? (byte)1 : (byte)0;
        key.CopyTo(bytes.AsSpan(HeadBytes));
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>What is still to be read after the place.</summary>
    /// <param name="cursor">Null for the beginning.</param>
    /// <param name="tableNumber">The table.</param>
    /// <param name="isDescending">The direction.</param>
    /// <exception cref="DeveloperException">It is no cursor, or one of another query.</exception>
    public static KeyInterval Rest(string? cursor, uint tableNumber, bool isDescending)
    {
        if (cursor is null) return KeyInterval.All;
        if (!Base64Url.IsValid(cursor)) throw Unreadable();
        var bytes = Base64Url.DecodeFromChars(cursor);
        if (bytes.Length <= HeadBytes) throw Unreadable();
        if (BinaryPrimitives.ReadUInt32BigEndian(bytes) != tableNumber || bytes[4] == 1 != isDescending)
        {
            throw new DeveloperException(
                "InvalidCursor", "InvalidCursor: Tried to run a query starting from a cursor, but it looks like this cursor is from a different query.");
        }

        // The first key after another in byte order is that one with a zero behind it.
        return isDescending ? new(ReadOnlyMemory<byte>.Empty, bytes.AsMemory(HeadBytes)) : new((byte[])[.. bytes.AsSpan(HeadBytes), 0], null);
    }

    private static DeveloperException Unreadable() => new("InvalidCursor", "InvalidCursor: Failed to parse cursor");
}
