using System.Text;

namespace Fresnel.Runtime.Invocations;

/// <summary>The log lines of one invocation, bounded. Source: <c>spec/function-runtime.md</c> §7.1.</summary>
/// <remarks>Actions log from several syscalls at once, so it is guarded by a lock.</remarks>
internal sealed class FunctionLogBuffer
{
    private readonly Lock _lock = new();
    private readonly List<LogLine> _lines = [];
    private readonly FunctionLimits _limits;
    private readonly Action<LogLine>? _stream;

    /// <summary>Makes an empty buffer.</summary>
    /// <param name="limits">How many lines, and how long.</param>
    /// <param name="stream">Is told of each line that is kept, as it comes.</param>
    public FunctionLogBuffer(FunctionLimits limits, Action<LogLine>? stream = null)
    {
        _limits = limits;
        _stream = stream;
    }

    /// <summary>Takes a line; one that is too long is cut, and those beyond the bound are dropped.</summary>
    public void Add(LogLine line)
    {
        var cut = Cut(line);
        lock (_lock)
        {
            if (_lines.Count >= _limits.LogLines) return;
            if (_lines.Count == _limits.LogLines - 1)
                cut = line with { Level = "ERROR", Messages = [$"Log overflow (maximum {_limits.LogLines}). Remaining log lines omitted."], IsTruncated = false };
            _lines.Add(cut);
        }

        _stream?.Invoke(cut);
    }

    /// <summary>Takes the lines of a nested call, at the place of the call.</summary>
    public void Splice(IReadOnlyList<LogLine> lines, string function)
    {
        foreach (var line in lines) Add(line.FunctionPath is null ? line with { FunctionPath = function } : line);
    }

    /// <summary>The lines so far.</summary>
    public IReadOnlyList<LogLine> ToList()
    {
        lock (_lock) return [.. _lines];
    }

    private LogLine Cut(LogLine line)
    {
        var bytes = line.Messages.Count - 1;
        foreach (var message in line.Messages) bytes += Encoding.UTF8.GetByteCount(message);
        return bytes <= _limits.LogLineBytes ? line : line with { Messages = [CutText(string.Join(' ', line.Messages))], IsTruncated = true };
    }

    private string CutText(string text)
    {
        var bytes = 0;
        var length = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > _limits.LogLineBytes) break;
            length += rune.Utf16SequenceLength;
        }

        return text[..length];
    }
}
