namespace Fresnel.Functions;

/// <summary>Where a function's log lines go: to the CLI's log, and in development to the client that called.</summary>
/// <remarks>A function may write 256 lines of 32 KiB each; longer ones are cut, further ones dropped. Source: <c>spec/function-runtime.md</c> §7.1.</remarks>
public abstract class FunctionLogger
{
    /// <summary>Writes a line of level DEBUG.</summary>
    public void Debug(string message) => Write("DEBUG", message);

    /// <summary>Writes a line of level INFO.</summary>
    public void Info(string message) => Write("INFO", message);

    /// <summary>Writes a line of level WARN.</summary>
    public void Warn(string message) => Write("WARN", message);

    /// <summary>Writes a line of level ERROR.</summary>
    public void Error(string message) => Write("ERROR", message);

    /// <summary>Takes a line.</summary>
    /// <param name="level">DEBUG, INFO, WARN or ERROR.</param>
    /// <param name="message">The text as it will be shown.</param>
    protected abstract void Write(string level, string message);
}
