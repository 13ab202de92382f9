using System.Diagnostics;
using System.Reflection;
using System.Text;
using Fresnel.Engine;
using Fresnel.Functions;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Clr;

/// <summary>What is told of an exception that a C# function threw. Source: <c>spec/function-runtime.md</c> §1.5, 7.4.</summary>
internal static class ClrFailure
{
    /// <summary>Most bytes of a message.</summary>
    private const int MostMessageBytes = 64 * 1024;

    private static readonly Assembly[] Host = [typeof(ClrFailure).Assembly, typeof(Database).Assembly, typeof(FunctionContext).Assembly, typeof(Value).Assembly];

    /// <summary>The error, with the frames of the author's code.</summary>
    public static FunctionError From(Exception exception)
    {
        var data = exception is DeveloperException { ErrorData: { IsEmpty: false } json } ? json : (ReadOnlyMemory<byte>?)null;
        var name = data is not null ? "ConvexError" : exception is DeveloperException ? "Error" : exception.GetType().Name;
        return new FunctionError(Cut(exception.Message.Length == 0 ? $"Uncaught {name}" : $"Uncaught {name}: {exception.Message}"), Frames(exception), data);
    }

    private static List<string> Frames(Exception exception)
    {
        var frames = new List<string>();
        foreach (var frame in new StackTrace(exception, fNeedFileInfo: true).GetFrames())
        {
            // Below the registration there is only the way here; it is the same for all.
            if (frame.GetMethod() is not { DeclaringType: { } type } method) continue;
            if (type.Name == "FresnelFunctions" || type.DeclaringType?.Name == "FresnelFunctions") break;
            if (IsOfTheHost(type)) continue;

            // The file's name is enough to find it, and tells nothing of the machine it was built on.
            var file = Path.GetFileName(frame.GetFileName());
            var place = file is null ? "" : $" ({file}:{frame.GetFileLineNumber()}:{frame.GetFileColumnNumber()})";
            frames.Add($"at {NameOf(type, method.Name)}{place}");
        }

        return frames;
    }

    private static bool IsOfTheHost(Type type) => Host.Contains(type.Assembly) || type.Assembly.GetName().Name is { } name && name.StartsWith("System.", StringComparison.Ordinal);

    /// <summary>The method as its author wrote it: an asynchronous one or a lambda stands in a class that the compiler made, named <c>&lt;Method&gt;d__0</c>.</summary>
    private static string NameOf(Type type, string method)
    {
        var made = method.StartsWith('<') ? method : type.Name;
        while (type.Name.StartsWith('<') && type.DeclaringType is { } outer) type = outer;
        var end = made.IndexOf('>', StringComparison.Ordinal);
        return made.StartsWith('<') && end > 1 ? $"{type.Name}.{made[1..end]}" : $"{type.Name}.{method}";
    }

    private static string Cut(string message)
    {
        if (Encoding.UTF8.GetByteCount(message) <= MostMessageBytes) return message;
        var length = 0;
        var bytes = 0;
        foreach (var rune in message.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > MostMessageBytes) break;
            length += rune.Utf16SequenceLength;
        }

        return message[..length];
    }
}
