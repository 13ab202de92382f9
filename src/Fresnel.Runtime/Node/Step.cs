using Fresnel.Runtime.Invocations;

namespace Fresnel.Runtime.Node;

/// <summary>One thing that the worker sent for an invocation.</summary>
/// <param name="Kind">Syscall, Post, Next, OpenQuery, Consumed, CloseQuery, Log or Result.</param>
/// <param name="Number">The syscall's sequence, the query's id, or how many were consumed.</param>
/// <param name="Payload">The arguments.</param>
internal readonly record struct Step(FrameKind Kind, uint Number = 0, ReadOnlyMemory<byte> Payload = default)
{
    public string? Operation { get; init; }

    /// <summary>The id of the query, of Next and Consumed.</summary>
    public int Query { get; init; }

    /// <summary>Whether the worker waits for an answer.</summary>
    public bool IsAnswered => Kind is FrameKind.Syscall or FrameKind.Next;

    public LogLine? Line { get; init; }

    /// <summary>About how many bytes it holds on to.</summary>
    public long Weight => 128 + Payload.Length + (Line?.Messages.Sum(message => 2L * message.Length) ?? 0);

    public InvocationResult? Result { get; init; }
}
