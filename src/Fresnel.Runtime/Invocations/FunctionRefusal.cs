using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>Turns what went wrong around a function into the error that its caller gets.</summary>
internal static class FunctionRefusal
{
    /// <summary>The text for faults that are nobody's business outside. Source: <c>spec/client-protocol.md</c> §5.1.</summary>
    public const string GenericText = "Your request couldn't be completed. Try again later.";

    /// <summary>The code that goes with it.</summary>
    public const string InternalCode = "InternalServerError";

    /// <summary>A refusal: what a person can cause, without frames.</summary>
    public static FunctionError From(DeveloperException exception) =>
        new(exception.Message, [], exception.ErrorData.IsEmpty ? default(ReadOnlyMemory<byte>?) : exception.ErrorData);

    /// <summary>A fault of the system.</summary>
    public static FunctionError System(string code, string message = GenericText) => new(message, [], null) { SystemCode = code };

    /// <summary>An invocation that was ended from outside. Running over a limit is the function's own fault; its text may be told.</summary>
    public static FunctionError From(InvocationAbandonedException exception) =>
        exception.Reason is AbandonReason.TimedOut or AbandonReason.OutOfMemory ? new FunctionError(exception.Message, [], null) : System(InternalCode);

    /// <summary>What the caller of a nested function catches: the whole text, and the data of a ConvexError. Source: <c>spec/function-runtime.md</c> §7.4.</summary>
    public static DeveloperException ToException(FunctionError error) =>
        new("FunctionFailed", error.FullText.TrimEnd('\n'), error.Data ?? default);
}
