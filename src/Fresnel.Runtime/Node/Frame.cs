namespace Fresnel.Runtime.Node;

/// <summary>What a frame between the engine and a worker says. The other list is in <c>worker/frames.mjs</c>.</summary>
internal enum FrameKind : byte
{
    // Engine to worker.
    Setup = 1,
    Invoke = 2,
    Reply = 3,
    Terminate = 4,
    Analyze = 5,
    RequestBody = 6,
    RequestEnd = 7,
    Credit = 8,
    Abort = 9,
    Stop = 10,
    Rows = 11,

    // Worker to engine.
    Hello = 64,
    Syscall = 65,
    OpenQuery = 66,
    CloseQuery = 67,
    Log = 68,
    Result = 69,
    Importing = 70,
    Terminated = 71,
    Analysis = 72,
    Retire = 73,
    ResponseHead = 74,
    ResponseBody = 75,
    Demand = 76,
    Next = 77,
    Consumed = 78,
    Post = 79,
}

/// <summary>One message: <c>u32 length | u8 kind | u64 invocation | payload</c>, little endian; the length counts what follows it.</summary>
/// <param name="Kind">What it says.</param>
/// <param name="Invocation">Which invocation it is about; 0 for none.</param>
/// <param name="Payload">The rest, which is the receiver's own.</param>
internal readonly record struct Frame(FrameKind Kind, ulong Invocation, ReadOnlyMemory<byte> Payload)
{
    /// <summary>Bytes of the length.</summary>
    public const int Prefix = 4;

    /// <summary>Bytes of kind and invocation.</summary>
    public const int Head = 9;

    /// <summary>Bytes that a frame may have. A worker's results and syscalls stay below; more is a worker gone wrong.</summary>
    public const int Greatest = 128 << 20;
}
