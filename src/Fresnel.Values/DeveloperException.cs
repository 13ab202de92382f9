namespace Fresnel.Values;

/// <summary>An error that a person can cause and that user code may catch: deterministic, and its text may travel to them.</summary>
/// <remarks>
/// Anything that is not one of these (a lost store, a conflict, a bug) must never reach user code.
/// <see cref="Code"/> is short and stable (<c>spec/</c> writes it before the text, as in <c>NonexistentDocument: …</c>);
/// <see cref="Exception.Message"/> is what people read, without the code.
/// </remarks>
public class DeveloperException : Exception
{
    /// <summary>Makes the error.</summary>
    /// <param name="code">Short and stable, e.g. <c>NonexistentDocument</c>.</param>
    /// <param name="message">What people read.</param>
    /// <param name="data">The data of a ConvexError as canonical JSON, or empty when it is not one.</param>
    public DeveloperException(string code, string message, ReadOnlyMemory<byte> data = default) : base(message)
    {
        Code = code;
        ErrorData = data;
    }

    /// <summary>Short and stable; for tests, metrics and HTTP answers.</summary>
    public string Code { get; }

    /// <summary>The data of a ConvexError as canonical JSON; empty when this is not a ConvexError.</summary>
    public ReadOnlyMemory<byte> ErrorData { get; }
}
