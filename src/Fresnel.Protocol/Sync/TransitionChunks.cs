namespace Fresnel.Protocol.Sync;

/// <summary>Cuts the text of a large transition into pieces. Source: <c>spec/client-protocol.md</c> §2.6, TransitionChunk.</summary>
public static class TransitionChunks
{
    /// <summary>The pieces of a message, none longer than asked (but for a code point that is longer than a piece), cut between code points.</summary>
    public static IReadOnlyList<TransitionChunk> Cut(ReadOnlyMemory<byte> message, int chunkBytes, string transitionId)
    {
        var pieces = new List<ReadOnlyMemory<byte>>();
        while (!message.IsEmpty)
        {
            var length = LengthOfNext(message.Span, chunkBytes);
            pieces.Add(message[..length]);
            message = message[length..];
        }

        return [.. pieces.Select((piece, number) => new TransitionChunk(piece, number, pieces.Count, transitionId))];
    }

    private static int LengthOfNext(ReadOnlySpan<byte> text, int chunkBytes)
    {
        if (text.Length <= chunkBytes) return text.Length;
        var end = chunkBytes;
        while (end > 0 && IsContinuation(text[end])) end--;
        if (end > 0) return end;

        end = 1;
        while (end < text.Length && IsContinuation(text[end])) end++;
        return end;
    }

    private static bool IsContinuation(byte value) => (value & 0xC0) == 0x80;
}
